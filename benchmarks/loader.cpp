// Our side of benchmarks/loader: rows of files, shuffled and in batches, where fit puts them.
//   bench_loader --case images|tokens|jpeg --data DIR --seconds 3 --batch 128 --threads 2 --as
//   files
//     -> {"samples_per_s", "cpu_us_a_sample", "checksum"}
// --as memory: tensors; files: rows read as they are taken; job: f32, as a job's columns make them
// and keep what is below a gibibyte; streamed_job: the same, made as they are taken.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "benchmarks/program.h"
#include "core/graph/builtin_ops.h"
#include "core/model/batch.h"
#include "io/data_source.h"
#include "io/formats/npy.h"
#include "io/sharded/prefetched_rows.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"
#include "io/sharded/streamed_rows.h"
#include "launch/session.h"

namespace {

using tutti::benchmarks::Clock;
using tutti::benchmarks::seconds_since;

tutti::RowSourcePtr rows_of(const tutti::benchmarks::Options& given) {
  const std::filesystem::path data = given.at("--data");
  const tutti::IndexOptions index{.folder = data / "index"};
  const std::string& which = given.at("--case");
  if (which != "images" && which != "tokens" && which != "jpeg")
    tutti::fail(tutti::ExitCode::usage, "bench_loader", "--case is {}; use images, tokens or jpeg",
                which);
  const auto x = data / (which + ".npy"), y = data / (which + "_y.npy");
  if (given.at("--as") == "memory" && which != "jpeg")
    return tutti::make_rows(tutti::read_npy(x), tutti::read_npy(y));
  if (given.at("--as") == "files") {
    if (which == "jpeg") return tutti::picture_rows(data / "jpeg", {}, {}, {.outputs = {"label"}});
    return tutti::array_rows(tutti::ArrayKind::npy, {{"x", x}, {"y", y}}, {.outputs = {"y"}},
                             index);
  }
  if (!given.at("--as").ends_with("job"))
    tutti::fail(tutti::ExitCode::usage, "bench_loader",
                "--as is {}; use memory (of images and tokens), files, job or streamed_job",
                given.at("--as"));
  using Map = tutti::Config::Map;
  const auto source = which == "jpeg"
                          ? tutti::make_data_source("images", (data / "jpeg").string())
                          : tutti::make_data_source(
                                "npy", Map{{"files", Map{{"x", x.string()}, {"y", y.string()}}}});
  tutti::ColumnOptions options;
  if (which != "jpeg") options.outputs = {{"labels", "y"}};
  tutti::ColumnPipeline columns(options);
  if (given.at("--as") == "job") {
    const tutti::Table table = source->load("");
    columns.fit(table);
    return columns.apply(table);
  }
  const auto tables = source->open("", index);
  columns.fit(tables->read(std::vector<int64_t>{0}), [&](const auto& each) {
    tutti::for_tables(*tables, tutti::RowList::all(tables->rows()), false, each);
  });
  return std::make_shared<tutti::StreamedRows>(tables, tutti::RowList::all(tables->rows()),
                                               columns);
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Takes the rows of one batch after the other to where a step reads them.
class Batches {
 public:
  Batches(tutti::RowSourcePtr rows, const tutti::StepRows& order, tutti::ThreadPool& pool)
      : rows_(std::move(rows)), order_(order) {
    tutti::Graph graph;
    for (const auto& columns : {rows_->inputs(), rows_->outputs()})
      for (const auto& column : columns)
        graph.inputs.push_back(
            tutti::make_input(column.name, column.shape.stacked(tutti::kRows), column.dtype));
    graph.outputs = graph.inputs;
    tutti::ExecutableOptions options;
    options.pool = &pool, options.layout = order.layout;
    step_ = std::make_unique<tutti::Executable>(graph, options);
    reader_ = tutti::BatchReader(*step_, *rows_, order.layout.owned_rows(), &pool);
  }
  void read(int64_t step) {
    const int64_t round = step / order_.steps_a_round(), batch = step % order_.steps_a_round();
    reader_.read(*rows_, batch * order_.layout.batch,
                 {order_.seed, round, order_.rows, order_.shuffle});
  }
  const tutti::Tensor& x() const { return step_->input(0); }

 private:
  tutti::RowSourcePtr rows_;
  tutti::StepRows order_;
  std::unique_ptr<tutti::Executable> step_;
  tutti::BatchReader reader_;
};

int measure(int argc, char** argv) {
  tutti::Session session(argc, argv);
  auto given = tutti::benchmarks::options_of(argc, argv,
                                             {{"--case", "images"},
                                              {"--data", "."},
                                              {"--seconds", "3"},
                                              {"--batch", "128"},
                                              {"--threads", "2"},
                                              {"--as", "files"}});
  const int64_t batch = std::atoll(given["--batch"].c_str());
  const double seconds = std::atof(given["--seconds"].c_str());
  const int threads = std::max(std::atoi(given["--threads"].c_str()), 1);
  const auto all = rows_of(given);
  tutti::RowSourcePtr rows =
      std::make_shared<tutti::RowRange>(all, 0, all->rows() / batch * batch);  // whole batches
  const tutti::StepRows order{42, rows->rows(), true, {batch, std::min<int64_t>(8, batch), 0, 1}};
  if (given["--as"] == "files" || given["--as"] == "streamed_job")
    rows = std::make_shared<tutti::PrefetchedRows>(rows, order);
  tutti::ThreadPool pool(threads);
  Batches batches(rows, order, pool);
  int64_t samples = 0;
  uint64_t checksum = 0;
  Clock::time_point begin;
  double cpu = 0;
  for (int64_t step = 0;; ++step) {
    if (step == order.steps_a_round())  // the files are in memory by now
      begin = Clock::now(), cpu = cpu_seconds(), samples = 0;
    if (step > order.steps_a_round() && seconds_since(begin) > seconds) break;
    batches.read(step);
    samples += batch;
    checksum += static_cast<uint64_t>(batches.x().raw()[batches.x().bytes() / 2]);
  }
  std::printf("{\"samples_per_s\": %.1f, \"cpu_us_a_sample\": %.3f, \"checksum\": %llu}\n",
              static_cast<double>(samples) / seconds_since(begin),
              (cpu_seconds() - cpu) * 1e6 / static_cast<double>(samples),
              static_cast<unsigned long long>(checksum));
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return tutti::benchmarks::run_program(measure, argc, argv); }
