// What crashes and failing disks leave of checkpoints: the old one or the new, whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_writer.h"
#include "tests/io/checkpoint/memory_files.h"
#include "tests/number_in_environment.h"

namespace tutti {
namespace {

using test::MemoryFiles;
using ::testing::HasSubstr;

const std::filesystem::path kFolder = "/run/checkpoints";

// The state at a step: all of it is a function of the step.
TrainingState state_at(int64_t step) {
  TrainingState state;
  Tensor kernel = Tensor::empty({30, 20});
  std::iota(kernel.span<float>().begin(), kernel.span<float>().end(), static_cast<float>(step));
  state.tensors.push_back({"kernel", kernel, Held::everywhere, 0, kernel.shape()});
  const Tensor count = Tensor::full({}, static_cast<double>(step), DType::i64);
  state.tensors.push_back({"count", count, Held::everywhere, 0, count.shape()});
  state.values = Config(Config::Map{{"step", step}});
  return state;
}

// The step of a checkpoint, if it is exactly that step's state; -1 for a mixture.
int64_t step_of(const Checkpoint& checkpoint) {
  const int64_t step = checkpoint.values().find("step")->as_int();
  for (const auto& expected : state_at(step).tensors) {
    const auto entry = checkpoint.find(expected.name);
    if (!entry || entry->shape != expected.shape) return -1;
    const Tensor found = Tensor::empty(entry->shape, entry->dtype);
    checkpoint.read(expected.name, 0, found);
    if (std::memcmp(found.raw(), expected.value.raw(), found.bytes()) != 0) return -1;
  }
  return step;
}

int64_t newest_step() {
  testing::internal::CaptureStderr();  // it warns of what is damaged
  const auto newest = newest_checkpoint(kFolder);
  testing::internal::GetCapturedStderr();
  return newest ? step_of(*newest) : 0;
}

TEST(CheckpointCrash, AnyMomentLeavesTheOldOrTheNew) {
  MemoryFiles files;
  const Replace<FileSystem> replaced(files);
  std::vector<size_t> committed{0};  // operations done when so many were saved
  {
    CheckpointWriter writer(kFolder, {.keep_last = 1});
    for (int64_t step = 1; step <= 3; ++step) {
      writer.save(state_at(step), step, Config());
      writer.wait();
      ASSERT_EQ(writer.failure(), "");
      committed.push_back(files.operations());
    }
  }
  EXPECT_THAT(files.list(kFolder), testing::ElementsAre("step-000000000003"));
  std::mt19937_64 chance(testing_support::fault_seed(7));
  const uint64_t wanted = testing_support::fault_count(5000);
  const uint64_t ways = wanted / (files.operations() + 1) + 1;
  uint64_t states = 0;
  for (size_t count = 0; count <= files.operations(); ++count) {
    int64_t old = 0;
    while (old + 1 < static_cast<int64_t>(committed.size()) &&
           committed[static_cast<size_t>(old) + 1] <= count)
      ++old;
    for (uint64_t way = 0; way < ways; ++way, ++states) {
      MemoryFiles disk(files.crashed(count, chance));
      const Replace<FileSystem> after(disk);
      const int64_t step = newest_step();
      ASSERT_TRUE(step == old || step == old + 1)
          << "after " << count << " operations: step " << step << ", not " << old << " or the next";
    }
  }
  EXPECT_GE(states, wanted);
  RecordProperty("faults", std::to_string(states));
}

// The disk refuses the k-th operation, once or from then on.
TEST(CheckpointCrash, AnyFailingOperationKeepsTheLastGoodOne) {
  int faults = 0;
  for (const bool forever : {false, true})
    for (int k = 1;; ++k) {
      MemoryFiles files;
      const Replace<FileSystem> replaced(files);
      CheckpointWriter writer(kFolder, {.keep_last = 1});
      writer.save(state_at(1), 1, Config());
      writer.wait();
      std::atomic<int> done{0};
      files.before = [&](const std::string& what, const auto& path) {
        const int number = ++done;
        if (number == k || (forever && number > k))
          fail(ExitCode::io, path.string(), "cannot {}: no space left; free some space", what);
      };
      writer.save(state_at(2), 2, Config());
      writer.wait();
      const int operations = done;
      files.before = [](auto&, auto&) {};
      const int64_t step = newest_step();
      ASSERT_TRUE(step == 1 || step == 2) << k;
      if (operations < k) break;  // all of them had their turn
      ++faults;
      if (step == 1) {
        EXPECT_THAT(writer.failure(), HasSubstr("free some space")) << k;
      }
      writer.save(state_at(3), 3, Config());  // the disk is well again
      writer.wait();
      EXPECT_EQ(writer.failure(), "") << k;
      EXPECT_EQ(newest_step(), 3) << k;
      ASSERT_LT(k, 1000);
    }
  RecordProperty("faults", std::to_string(faults));
}

TEST(CheckpointCrash, WhatACrashLeftUnfinishedIsCleared) {
  MemoryFiles files;
  const Replace<FileSystem> replaced(files);
  files.make_directories(kFolder / "step-000000000009.tmp");
  files.make_directories(kFolder / "notes");
  const CheckpointWriter writer(kFolder, {});
  EXPECT_THAT(files.list(kFolder), testing::ElementsAre("notes"));
}

}  // namespace
}  // namespace tutti
