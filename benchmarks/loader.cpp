// Our side of benchmarks/loader: rows of files, shuffled and in batches, as fit reads them.
//   bench_loader --case images|tokens|jpeg --data DIR --seconds 3 --batch 128 --threads 2
//     -> {"samples_per_s", "checksum"}
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/device/thread_pool.h"
#include "io/image_folder.h"
#include "io/sharded/framings.h"
#include "io/sharded/prefetched_rows.h"
#include "io/sharded/row_files.h"
#include "launch/session.h"

namespace {

using Clock = std::chrono::steady_clock;
using Given = std::map<std::string, std::string>;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

tutti::ShardedRowsPtr rows_of(const Given& given) {
  const std::filesystem::path data = given.at("--data");
  const tutti::IndexOptions index{.folder = data / "index"};
  const std::string& which = given.at("--case");
  if (which == "images" || which == "tokens")
    return tutti::array_rows(tutti::ArrayKind::npy,
                             {{"x", data / (which + ".npy")}, {"y", data / (which + "_y.npy")}},
                             {.outputs = {"y"}}, index);
  if (which == "jpeg") return tutti::picture_rows(data / "jpeg", {}, {}, {.outputs = {"label"}});
  tutti::fail(tutti::ExitCode::usage, "bench_loader", "--case is {}; use images, tokens or jpeg",
              which);
}

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
  Given given{{"--case", "images"},
              {"--data", "."},
              {"--seconds", "3"},
              {"--batch", "128"},
              {"--threads", "2"}};
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
  for (int64_t step = 0;; ++step) {
    if (step == round) begin = Clock::now(), samples = 0;  // the files are in memory by now
    if (step > round && seconds_since(begin) > seconds) break;
    const auto some = order.of_rank(step);
    rows.read_input(0, some, x.bytes.data());
    rows.read_output(0, some, y.bytes.data());
    samples += static_cast<int64_t>(some.size());
    checksum += static_cast<uint64_t>(x.bytes[x.row_bytes / 2]);
  }
  std::printf("{\"samples_per_s\": %.1f, \"checksum\": %llu}\n",
              static_cast<double>(samples) / seconds_since(begin),
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
