// Jobs on much data take as much memory as those on little.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <iostream>

#include "core/base/filesystem.h"
#include "io/formats/example.h"
#include "io/formats/npy.h"
#include "io/formats/tfrecord.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

class StreamedMemory : public InTemporaryFolder {
 protected:
  void write_job(const std::string& data, const std::string& first = "") const {
    write("job.yaml", "data: {" + data + ", in_memory: false}\nmodel: [" + first +
                          "{Dense: {units: 3}}]\n"
                          "loss: {SparseCategoricalCrossentropy: {from_logits: true}}\n"
                          "fit: {epochs: 1, batch_size: 256, verbose: 0}\n"
                          "seed: 1\n"
                          "report: false\n");
  }
  // MiB of the rank that took most.
  double peak(int ranks) const {
    std::filesystem::remove_all(folder_ / "run");
    const std::string start =
        ranks == 1 ? "ASAN_OPTIONS=quarantine_size_mb=8 " + quoted_word(tutti_program()) + " "
                   : mpirun(ranks);
    const Finished run =
        shell("(exec env " + start +
              "train job.yaml --run run --threads 1) >&2 & pid=$!; while kill -0 $pid "
              "2>/dev/null; do for p in $pid $(pgrep -P $pid); do sed -n 's/^VmHWM: *//p' "
              "/proc/$p/status 2>/dev/null; done; sleep 0.02; done; wait $pid");
    EXPECT_EQ(run.code, 0) << run.err;
    double most = 0;
    std::istringstream lines(run.out);
    for (std::string line; std::getline(lines, line);)
      most = std::max(most, std::atof(line.c_str()));
    EXPECT_GT(most, 5 * 1024);
    return most / 1024;
  }
  static void tell(const char* what, int ranks, double little, double much) {
    std::cout << fmt::format("{}, {} ranks: {:.0f} and {:.0f} MiB\n", what, ranks, little, much);
  }
};

// An array of so many rows of 4 KiB, sparse behind its head.
void write_zeros(const std::filesystem::path& path, int64_t rows) {
  std::string head =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, 1024), }}", rows);
  head.resize(117, ' ');
  std::ofstream(path, std::ios::binary)
      << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << head << '\n';
  std::filesystem::resize_file(path, 128 + static_cast<uint64_t>(rows) * 4096);
}

TEST_F(StreamedMemory, DoesNotGrowWithAnArray) {
  write_job("npy: {files: {x: x.npy, y: y.npy}}, inputs: x, label: y");
  const auto of = [&](int64_t rows, int ranks) {
    write_zeros(folder_ / "x.npy", rows);
    write_npy(folder_ / "y.npy", Tensor::zeros({rows}, DType::i32));
    return peak(ranks);
  };
  for (const int ranks : {1, 2}) {
    const double little = of(2'000, ranks), much = of(77'000, ranks);  // 8 and 300 MiB
    EXPECT_LT(much, little + 48) << ranks << " ranks";
    tell("npy", ranks, little, much);
  }
}

TEST_F(StreamedMemory, DoesNotGrowWithATFRecord) {
  write_job(
      "tfrecord: 't-*.tfrecord', features: {x: {shape: [1024]}, y: int64}, inputs: x, label: y");
  const std::vector<std::string> records(
      2'000, write_example({{"x", std::vector<float>(1024)}, {"y", std::vector<int64_t>{0}}}));
  const auto put = [&](int from, int to) {  // 8 MiB each
    for (int shard = from; shard < to; ++shard)
      write_tfrecord(folder_ / fmt::format("t-{}.tfrecord", shard), records);
  };
  put(0, 1);
  const double little = peak(1);
  put(1, 24);
  const double much = peak(1);
  EXPECT_LT(much, little + 48);
  tell("tfrecord", 1, little, much);
}

TEST_F(StreamedMemory, DoesNotGrowWithAFolderOfPictures) {
  write_job("images: pictures, image_size: [64, 64]", "Flatten, ");
  const std::string picture =
      FileSystem::current().read(TUTTI_SOURCE_DIR "/tests/io/formats/color.jpg");
  for (const char* name : {"pictures/a", "pictures/b"})
    std::filesystem::create_directories(folder_ / name);
  const auto put = [&](int from, int to) {  // 48 KiB each, as numbers
    for (int number = from; number < to; ++number)
      write(fmt::format("pictures/{}/{}.jpg", number % 2 ? "a" : "b", number), picture);
  };
  put(0, 600);
  const double little = peak(1);
  put(600, 4'000);
  const double much = peak(1);
  EXPECT_LT(much, little + 48);
  tell("pictures", 1, little, much);
}

}  // namespace
}  // namespace tutti::testing_support
