// Our side of benchmarks/loader: rows of files, shuffled and in batches, as fit reads them.
//   bench_loader --case images|tokens|jpeg --data DIR --seconds 3 --batch 128 --threads 2 --as rows
//     -> {"samples_per_s", "cpu_us_a_sample", "checksum"}
// --as rows: as they are in the files, what a program gives fit; job: what a job's `data:` makes of
// them, f32.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "io/data_source.h"
#include "io/sharded/prefetched_rows.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"
#include "io/sharded/streamed_rows.h"
#include "launch/session.h"

namespace {

using Clock = std::chrono::steady_clock;
using Given = std::map<std::string, std::string>;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

tutti::RowSourcePtr rows_of(const Given& given) {
  const std::filesystem::path data = given.at("--data");
  const tutti::IndexOptions index{.folder = data / "index"};
  const std::string& which = given.at("--case");
  if (which != "images" && which != "tokens" && which != "jpeg")
    tutti::fail(tutti::ExitCode::usage, "bench_loader", "--case is {}; use images, tokens or jpeg",
                which);
  const auto x = data / (which + ".npy"), y = data / (which + "_y.npy");
  if (given.at("--as") == "rows") {
    if (which == "jpeg") return tutti::picture_rows(data / "jpeg", {}, {}, {.outputs = {"label"}});
    return tutti::array_rows(tutti::ArrayKind::npy, {{"x", x}, {"y", y}}, {.outputs = {"y"}},
                             index);
  }
  using Map = tutti::Config::Map;
  const auto source = which == "jpeg"
                          ? tutti::make_data_source("images", (data / "jpeg").string())
                          : tutti::make_data_source(
                                "npy", Map{{"files", Map{{"x", x.string()}, {"y", y.string()}}}});
  const auto tables = source->open("", index);
  tutti::ColumnOptions options;
  if (which != "jpeg") options.outputs = {{"labels", "y"}};
  tutti::ColumnPipeline columns(options);
  columns.fit(tables->read(std::vector<int64_t>{0}), [&](const auto& each) {
    tutti::for_tables(*tables, tutti::RowList::all(tables->rows()), false, each);
  });
  return std::make_shared<tutti::StreamedRows>(tables, tutti::RowList::all(tables->rows()),
                                               columns);
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// One column of a batch, as a model's inputs lie in memory.
struct Column {
  std::vector<std::byte> bytes;
  size_t row_bytes;
  Column(const tutti::RowColumn& column, int64_t batch)
      : row_bytes(static_cast<size_t>(column.shape.elements()) * tutti::size_of(column.dtype)) {
    bytes.resize(row_bytes * static_cast<size_t>(batch));
  }
};

int measure(int argc, char** argv) {
  tutti::Session session(argc, argv);
  Given given{{"--case", "images"}, {"--data", "."},    {"--seconds", "3"},
              {"--batch", "128"},   {"--threads", "2"}, {"--as", "rows"}};
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  const int64_t batch = std::atoll(given["--batch"].c_str());
  const double seconds = std::atof(given["--seconds"].c_str());
  const int threads = std::max(std::atoi(given["--threads"].c_str()), 1);
  const auto files = rows_of(given);
  const tutti::StepRows order{42, files->rows(), true, {batch, std::min<int64_t>(8, batch), 0, 1}};
  // This thread takes the rows, and decodes what nobody has begun.
  const tutti::PrefetchedRows rows(files, order, {.threads = std::max(threads - 1, 1)});
  Column x(rows.inputs()[0], batch), y(rows.outputs()[0], batch);
  const int64_t round = order.steps_a_round();
  int64_t samples = 0;
  uint64_t checksum = 0;
  Clock::time_point begin;
  double cpu = 0;
  for (int64_t step = 0;; ++step) {
    if (step == round)  // the files are in memory by now
      begin = Clock::now(), cpu = cpu_seconds(), samples = 0;
    if (step > round && seconds_since(begin) > seconds) break;
    const auto some = order.of_rank(step);
    rows.read_input(0, some, x.bytes.data());
    rows.read_output(0, some, y.bytes.data());
    samples += static_cast<int64_t>(some.size());
    checksum += static_cast<uint64_t>(x.bytes[x.row_bytes / 2]);
  }
  std::printf("{\"samples_per_s\": %.1f, \"cpu_us_a_sample\": %.3f, \"checksum\": %llu}\n",
              static_cast<double>(samples) / seconds_since(begin),
              (cpu_seconds() - cpu) * 1e6 / static_cast<double>(samples),
              static_cast<unsigned long long>(checksum));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const tutti::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
