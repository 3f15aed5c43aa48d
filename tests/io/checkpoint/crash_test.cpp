// What crashes and failing disks leave of checkpoints: the old one or the new, whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_writer.h"
#include "tests/io/checkpoint/memory_files.h"
#include "tests/io/checkpoint/on_ranks.h"
#include "tests/number_in_environment.h"

namespace tutti {
namespace {

using test::MemoryFiles;
using ::testing::HasSubstr;

const std::filesystem::path kFolder = "/run/checkpoints";

constexpr int64_t kSlot = 900;  // elements of what ranks have parts of

// What a rank has of the state at a step: all of it is a function of the step.
TrainingState state_at(int64_t step, int rank = 0, int ranks = 1) {
  TrainingState state;
  const auto from = [&](int64_t first, const Shape& shape) {
    Tensor tensor = Tensor::empty(shape);
    std::iota(tensor.span<float>().begin(), tensor.span<float>().end(),
              static_cast<float>(step + first));
    return tensor;
  };
  const auto everywhere = [&](const char* name, const Tensor& tensor) {
    state.tensors.push_back({name, tensor, Held::everywhere, 0, tensor.shape()});
  };
  everywhere("kernel", from(0, {30, 20}));
  everywhere("count", Tensor::full({}, static_cast<double>(step), DType::i64));
  const int64_t begin = kSlot * rank / ranks, end = kSlot * (rank + 1) / ranks;
  state.tensors.push_back(
      {"optimizer/velocity", from(begin, {end - begin}), Held::in_parts, begin, Shape{kSlot}});
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

// Saves steps 1, 2 and 3 on so many ranks; the numbers of operations done when each was there.
std::vector<size_t> save_three(MemoryFiles& files, int ranks) {
  std::vector<size_t> committed{0};
  test::on_ranks(ranks, [&](Communicator& communicator) {
    const int rank = communicator.rank();
    CheckpointWriter writer(kFolder, {.keep_last = 1});
    for (int64_t step = 1; step <= 3; ++step) {
      writer.save(state_at(step, rank, ranks), step, Config());
      writer.wait();
      EXPECT_EQ(writer.failure(), "");
      communicator.barrier();
      if (rank == 0) committed.push_back(files.operations());
      communicator.barrier();
    }
  });
  EXPECT_THAT(files.list(kFolder), testing::ElementsAre("step-000000000003"));
  return committed;
}

void expect_saving_goes_on() {
  CheckpointWriter writer(kFolder, {.keep_last = 1});
  writer.save(state_at(4), 4, Config());
  writer.wait();
  EXPECT_EQ(writer.failure(), "");
  EXPECT_EQ(newest_step(), 4);
}

// Of crashes after each operation, `wanted` states of the disk. How many there were.
uint64_t crash_anywhere(int ranks, uint64_t wanted, std::mt19937_64& chance) {
  MemoryFiles files;
  const Replace<FileSystem> replaced(files);
  const std::vector<size_t> committed = save_three(files, ranks);
  const uint64_t ways = wanted / (files.operations() + 1) + 1;
  uint64_t states = 0;
  for (size_t count = 0; count <= files.operations(); ++count) {
    const auto next = std::ranges::upper_bound(committed, count);
    const auto old = static_cast<int64_t>(next - committed.begin()) - 1;
    for (uint64_t way = 0; way < ways; ++way, ++states) {
      MemoryFiles disk(files.crashed(count, chance));
      const Replace<FileSystem> after(disk);
      const int64_t step = newest_step();
      EXPECT_TRUE(step == old || step == old + 1)
          << "after " << count << " operations: step " << step << ", not " << old << " or the next";
      if (way == 0) expect_saving_goes_on();
      if (testing::Test::HasFailure()) return states;
    }
  }
  return states;
}

TEST(CheckpointCrash, AnyMomentLeavesTheOldOrTheNew) {
  std::mt19937_64 chance(testing_support::fault_seed(7));
  const uint64_t wanted = testing_support::fault_count(5000);
  uint64_t states = 0;
  for (const int ranks : {1, 2}) states += crash_anywhere(ranks, wanted / 2, chance);
  EXPECT_GE(states, wanted);
  RecordProperty("faults", std::to_string(states));
}

// Saves a step on so many ranks, each of which may fail; why they did. As trainings do, one that
// fails lets rank 0 wait no longer.
std::string save_all(const std::vector<std::unique_ptr<CheckpointWriter>>& writers,
                     Communicator& communicator, int64_t step) {
  const int rank = communicator.rank();
  CheckpointWriter& mine = *writers[static_cast<size_t>(rank)];
  mine.save(state_at(step, rank, communicator.size()), step, Config());
  communicator.barrier();
  mine.wait();
  if (!mine.failure().empty()) writers[0]->give_up();
  communicator.barrier();
  std::string failures;
  for (const auto& writer : writers) failures += writer->failure();
  communicator.barrier();
  return failures;
}

// The disk refuses the k-th operation of a save, once or from then on; false if there is none.
bool refuse_operation(int k, bool forever, int ranks) {
  MemoryFiles files;
  const Replace<FileSystem> replaced(files);
  std::vector<std::unique_ptr<CheckpointWriter>> writers(static_cast<size_t>(ranks));
  std::atomic<int> done{0}, refused{0};
  test::on_ranks(ranks, [&](Communicator& communicator) {
    const bool first = communicator.rank() == 0;
    writers[static_cast<size_t>(communicator.rank())] =
        std::make_unique<CheckpointWriter>(kFolder, CheckpointPolicy{.keep_last = 1});
    EXPECT_EQ(save_all(writers, communicator, 1), "");
    if (first)
      files.before = [&](const std::string& what, const auto& path) {
        const int number = ++done;
        if (number != k && !(forever && number > k)) return;
        ++refused;
        fail(ExitCode::io, path.string(), "cannot {}: no space left; free some space", what);
      };
    communicator.barrier();
    const std::string failures = save_all(writers, communicator, 2);
    if (first) {
      files.before = [](auto&, auto&) {};
      const int64_t step = newest_step();
      EXPECT_TRUE(step == 1 || step == 2);
      if (step == 1) {
        EXPECT_THAT(failures, HasSubstr("free some space"));
      }
    }
    communicator.barrier();
    EXPECT_EQ(save_all(writers, communicator, 3), "");  // the disk is well again
    if (first) {
      EXPECT_EQ(newest_step(), 3);
    }
  });
  return refused > 0;
}

TEST(CheckpointCrash, AnyFailingOperationKeepsTheLastGoodOne) {
  int faults = 0;
  for (const int ranks : {1, 2})
    for (const bool forever : {false, true})
      for (int k = 1; refuse_operation(k, forever, ranks); ++k, ++faults) {
        ASSERT_FALSE(HasFailure()) << fmt::format(
            "operation {} of {} ranks fails, and those behind it: {}", k, ranks, forever);
        ASSERT_LT(k, 1000);
      }
  RecordProperty("faults", std::to_string(faults));
}

// Rank 0 may commit as soon as a rank's word is there, whatever that rank does next.
TEST(CheckpointCrash, ARankThatLingersBehindItsWordHasNotFailed) {
  MemoryFiles files;
  const Replace<FileSystem> replaced(files);
  const auto word = kFolder / "step-000000000001.tmp" / "shard-1.written";
  std::atomic<bool> committed{false};
  std::atomic<std::thread::id> lingering{};
  files.before = [&](const std::string& what, const auto& path) {
    if (what == "rename" && path == word) {
      lingering = std::this_thread::get_id();
    } else if (std::this_thread::get_id() == lingering.load()) {
      for (int i = 0; i < 500 && !committed; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } else if (what == "sync folder" && path == kFolder) {
      committed = true;
    }
  };
  test::on_ranks(2, [&](Communicator& communicator) {
    CheckpointWriter writer(kFolder, {});
    writer.save(state_at(1, communicator.rank(), 2), 1, Config());
    writer.wait();
    EXPECT_EQ(writer.failure(), "");
  });
  files.before = [](auto&, auto&) {};
  EXPECT_EQ(newest_step(), 1);
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
