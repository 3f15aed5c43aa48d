// Runs one training job on worlds of threads and gathers what must not depend on them.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/seed.h"
#include "core/device/thread_pool.h"
#include "core/model/model.h"
#include "core/model/world.h"
#include "distributed/communicator_reducer.h"
#include "distributed/thread/thread_communicator.h"
#include "tests/distributed/hang_watchdog.h"

namespace tutti::test {

// All that a job computed: weights, losses, predictions.
struct Numbers {
  std::string name;
  std::vector<double> values;
};
using Record = std::vector<Numbers>;

inline void record_tensor(Record& record, const std::string& name, const Tensor& tensor) {
  record.push_back({name, tensor.to_vector<double>()});
}
inline Record record_of(const Model& model, const History& history) {
  Record record;
  for (const auto& [name, values] : history.history()) record.push_back({name, values});
  for (const auto& variable : model.weights())
    record_tensor(record, variable->name(), variable->value());
  return record;
}

// Where two records differ in a bit first; "" if nowhere.
inline std::string difference(const Record& a, const Record& b) {
  if (a.empty() || a.size() != b.size())
    return fmt::format("records of {} and {} quantities", a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const auto &x = a[i].values, &y = b[i].values;
    if (a[i].name != b[i].name || x.size() != y.size()) return a[i].name + " against " + b[i].name;
    for (size_t at = 0; at < x.size(); ++at)
      if (std::memcmp(&x[at], &y[at], sizeof x[at]) != 0)
        return fmt::format("{}[{}]: {:.17g} against {:.17g}", a[i].name, at, x[at], y[at]);
  }
  return "";
}

// A job makes its model and data, trains, and says what came of it.
using Job = std::function<Record()>;
using MakeReducer = std::function<std::unique_ptr<Reducer>(Communicator&)>;

inline std::unique_ptr<Reducer> tree_reducer(Communicator& communicator) {
  return std::make_unique<CommunicatorReducer>(communicator);
}

// What this rank of the communicator's world recorded. `memory`: World::step_memory.
inline Record record_on(Communicator& communicator, int threads, int64_t shards, const Job& job,
                        const MakeReducer& make_reducer = tree_reducer, size_t memory = 0) {
  clear_session();
  set_random_seed(7);
  const auto reducer = make_reducer(communicator);
  World place;
  place.pool = std::make_shared<ThreadPool>(threads, /*oversubscribe=*/true);
  place.reducer = reducer.get();
  place.shards = shards;
  place.step_memory = memory;
  const WorldScope scope(std::move(place));
  return job();
}

// What rank 0 of a world of threads recorded; all ranks must agree with it.
inline Record run_on(int world, int threads, int64_t shards, const Job& job,
                     const MakeReducer& make_reducer = tree_reducer, size_t memory = 0) {
  std::vector<Record> records(static_cast<size_t>(world));
  run_ranks(world, [&](Communicator& communicator) {
    records[static_cast<size_t>(communicator.rank())] =
        record_on(communicator, threads, shards, job, make_reducer, memory);
  });
  for (const auto& record : records)
    EXPECT_EQ(difference(record, records[0]), "") << "ranks disagree";
  return records[0];
}

// What a job recorded on ranks that have `memory` for a step and so run their shards in `passes`
// passes, the most that any batch took.
struct InPasses {
  Record record;
  int passes = 1;
};
inline InPasses run_short_of_memory(int world, int64_t shards, const Job& job, size_t memory) {
  testing::internal::CaptureStderr();
  InPasses run{run_on(world, 2, shards, job, tree_reducer, memory)};
  const std::string log = testing::internal::GetCapturedStderr();
  for (int passes = 2; passes <= shards; passes *= 2)
    if (log.find(fmt::format(" in {} passes: memory", passes)) != std::string::npos)
      run.passes = passes;
  return run;
}

// The same bits on 1, 2, 3, 4 and 7 ranks of 1 and 2 threads, of a job of eight shards; and where
// memory is short.
inline void expect_same_bits(const Job& job) {
  const Record alone = run_on(1, 1, 8, job);
  for (const int world : {1, 2, 3, 4, 7})
    for (const int threads : {1, 2}) {
      SCOPED_TRACE(std::to_string(world) + " ranks of " + std::to_string(threads) + " threads");
      EXPECT_EQ(difference(run_on(world, threads, 8, job), alone), "");
    }
  for (const int world : {1, 2, 3}) {
    SCOPED_TRACE(std::to_string(world) + " ranks short of memory");
    const InPasses run = run_short_of_memory(world, 8, job, /*memory=*/1);
    EXPECT_EQ(difference(run.record, alone), "");
    EXPECT_GT(run.passes, 1);
  }
}

}  // namespace tutti::test
