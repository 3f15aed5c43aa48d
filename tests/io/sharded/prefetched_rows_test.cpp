#include "io/sharded/prefetched_rows.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "core/device/thread_pool.h"
#include "tests/io/sharded/shards.h"

namespace tutti {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kRowCount = 57, kBatch = 10, kEpochs = 3;

// Row r is (r, r + 0.5), target 2 r, weight r / 4; how long it takes and what is bad can be said.
class SlowRows final : public RowSource {
 public:
  int64_t rows() const override { return kRowCount; }
  std::vector<RowColumn> inputs() const override { return {{"x", {2}}}; }
  std::vector<RowColumn> outputs() const override { return {{"y", {}, DType::i64}}; }
  bool has_weights(size_t) const override { return true; }
  void read_input(size_t, std::span<const int64_t> rows, void* into) const override {
    auto* x = static_cast<float*>(into);
    if (before) before();
    for (const int64_t row : rows) {
      if (row == bad) fail(ExitCode::data, "x", "row {} is bad", row);
      std::this_thread::sleep_for(delay);
      ++reads;
      *x++ = static_cast<float>(row);
      *x++ = static_cast<float>(row) + 0.5f;
    }
  }
  void read_output(size_t, std::span<const int64_t> rows, void* into) const override {
    for (size_t i = 0; i < rows.size(); ++i) static_cast<int64_t*>(into)[i] = 2 * rows[i];
  }
  void read_weights(size_t, std::span<const int64_t> rows, float* into) const override {
    for (size_t i = 0; i < rows.size(); ++i) into[i] = static_cast<float>(rows[i]) / 4;
  }

  std::function<void()> before;
  std::chrono::microseconds delay{0};
  int64_t bad = -1;
  mutable std::atomic<int64_t> reads{0};
};

StepRows order_of(int rank = 0, int world = 1) {
  return {3, kRowCount, true, {kBatch, 4, rank, world}};
}

// Reads as BatchReader does: parts of the rank's rows, column by column, on several threads.
void check_rows(const PrefetchedRows& source, std::span<const int64_t> rows, ThreadPool& pool) {
  constexpr int64_t kPart = 3;
  const auto count = static_cast<int64_t>(rows.size());
  std::atomic<int> wrong{0};
  pool.run((count + kPart - 1) / kPart, [&](int64_t part) {
    const auto begin = static_cast<size_t>(part * kPart);
    const auto some = rows.subspan(begin, std::min<size_t>(kPart, rows.size() - begin));
    std::vector<float> x(2 * some.size()), weights(some.size());
    std::vector<int64_t> y(some.size());
    source.read_input(0, some, x.data());
    source.read_output(0, some, y.data());
    source.read_weights(0, some, weights.data());
    for (size_t i = 0; i < some.size(); ++i) {
      const auto row = static_cast<float>(some[i]);
      wrong += x[2 * i] != row || x[2 * i + 1] != row + 0.5f || y[i] != 2 * some[i] ||
               weights[i] != row / 4;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(prefetched_rows, are_those_of_the_source_for_every_rank_and_number_of_threads) {
  for (const int world : {1, 3})
    for (int rank = 0; rank < world; ++rank)
      for (const int threads : {1, 3}) {
        const auto slow = std::make_shared<SlowRows>();
        const StepRows order = order_of(rank, world);
        const PrefetchedRows rows(slow, order, {.threads = threads, .steps = 3});
        ThreadPool pool(2, true);
        for (int64_t step = 0; step < kEpochs * order.steps_a_round(); ++step)
          check_rows(rows, order.of_rank(step), pool);
        EXPECT_EQ(rows.counts().missed, 0) << threads;
      }
}

TEST(prefetched_rows, begin_where_a_training_goes_on) {
  const auto slow = std::make_shared<SlowRows>();
  const StepRows order = order_of();
  const PrefetchedRows rows(slow, order, {.threads = 2, .steps = 3});
  ThreadPool pool(2, true);
  for (const int64_t begin : {0, 7, 3, 14}) {
    rows.begin_at(begin);
    for (int64_t step = begin; step < begin + 4; ++step)
      check_rows(rows, order.of_rank(step), pool);
  }
  EXPECT_EQ(rows.counts().missed, 0);
  EXPECT_LE(rows.most_bytes(), 3 * kBatch * 20);
}

// Until it is so; a test that waits for what never comes fails here.
template <typename Condition>
void wait_for(const Condition& condition) {
  for (int i = 0; i < 5000 && !condition(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(condition());
}

TEST(prefetched_rows, a_step_finds_its_rows_decoded) {
  const auto slow = std::make_shared<SlowRows>();
  const StepRows order = order_of();
  const PrefetchedRows rows(slow, order, {.threads = 1, .steps = 3});
  ThreadPool pool(1);
  int64_t decoded = 0;
  for (int64_t step = 0; step < 12; ++step) {
    decoded = 0;  // those of the step that was taken last, of this one and of the next
    for (int64_t one = 0; one < std::max<int64_t>(3, step + 2); ++one)
      decoded += static_cast<int64_t>(order.of_rank(one).size());
    wait_for([&] { return slow->reads == decoded; });
    check_rows(rows, order.of_rank(step), pool);
  }
  const auto counts = rows.counts();
  EXPECT_EQ(counts.missed, 0);
  EXPECT_EQ(counts.helped, 0);
  EXPECT_LE(counts.waited, 12);  // whose last piece was read, and not yet handed over
  EXPECT_LE(slow->reads, decoded + kBatch);
}

TEST(prefetched_rows, a_step_that_runs_ahead_helps) {
  const auto slow = std::make_shared<SlowRows>();
  std::atomic<bool> begun{false}, go_on{false};
  slow->before = [&, main = std::this_thread::get_id()] {
    if (std::this_thread::get_id() == main) return;
    begun = true;
    wait_for([&] { return go_on.load(); });
  };
  const StepRows order = order_of();
  const PrefetchedRows rows(slow, order, {.threads = 1, .steps = 2});
  ThreadPool pool(1);
  wait_for([&] { return begun.load(); });
  const auto first = order.of_rank(0);
  check_rows(rows, std::span(first).subspan(3), pool);  // what the thread is not at
  for (int64_t step = 1; step < 12; ++step) check_rows(rows, order.of_rank(step), pool);
  EXPECT_EQ(rows.counts().helped, 3 + 11 * 4);  // of four pieces each
  EXPECT_EQ(rows.counts().missed, 0);
  go_on = true;
}

TEST(prefetched_rows, other_reads_are_answered_and_disturb_nothing) {
  const auto slow = std::make_shared<SlowRows>();
  const StepRows order = order_of();
  const PrefetchedRows rows(slow, order, {.steps = 2});
  ThreadPool pool(2, true);
  std::vector<int64_t> counted(kRowCount);
  std::iota(counted.begin(), counted.end(), 0);
  for (int64_t step = 0; step < 20; ++step) {
    check_rows(rows, order.of_rank(step), pool);
    if (step % 4 == 0) check_rows(rows, counted, pool);
  }
  // From another step on, as where nobody said that a resume begins there.
  for (int64_t step = 100; step < 110; ++step) check_rows(rows, order.of_rank(step), pool);
  EXPECT_GT(rows.counts().missed, 0);
}

TEST(prefetched_rows, a_resume_begins_at_its_step) {
  const auto slow = std::make_shared<SlowRows>();
  const StepRows order = order_of();
  const PrefetchedRows rows(slow, order, {.first_step = 8});
  ThreadPool pool(1);
  for (int64_t step = 8; step < 20; ++step) check_rows(rows, order.of_rank(step), pool);
  EXPECT_EQ(rows.counts().missed, 0);
}

TEST(prefetched_rows, an_error_is_thrown_where_the_row_is_taken) {
  const auto slow = std::make_shared<SlowRows>();
  const StepRows order = order_of();
  slow->bad = order.of_rank(2)[7];
  const PrefetchedRows rows(slow, order, {.threads = 2, .steps = 4});
  ThreadPool pool(1);
  for (int64_t step = 0; step < 2; ++step) check_rows(rows, order.of_rank(step), pool);
  for (int time = 0; time < 2; ++time)
    EXPECT_TRUE(throws_with([&] { check_rows(rows, order.of_rank(2), pool); },
                            {fmt::format("[x] row {} is bad", slow->bad)}));
  check_rows(rows, order.of_rank(3), pool);
}

TEST(prefetched_rows, hold_no_more_than_they_may) {
  const auto slow = std::make_shared<SlowRows>();
  const StepRows order = order_of();
  constexpr int64_t kStepBytes = kBatch * (2 * 4 + 8 + 4);
  ThreadPool pool(1);
  for (const auto& [steps, bytes, held] :
       {std::tuple{3, 1 << 20, 3}, std::tuple{8, 5 * static_cast<int>(kStepBytes), 5},
        std::tuple{8, 1, 2}}) {
    const PrefetchedRows rows(slow, order, {.steps = steps, .bytes = static_cast<uint64_t>(bytes)});
    for (int64_t step = 0; step < 15; ++step) check_rows(rows, order.of_rank(step), pool);
    EXPECT_LE(rows.most_bytes(), held * kStepBytes);
  }
}

TEST(prefetched_rows, end_whenever_they_are_told_to) {
  for (int time = 0; time < 50; ++time) {
    const auto slow = std::make_shared<SlowRows>();
    slow->delay = std::chrono::microseconds(50);
    const PrefetchedRows rows(slow, order_of(), {.threads = 3});
    ThreadPool pool(1);
    for (int64_t step = 0; step < time % 5; ++step)
      check_rows(rows, order_of().of_rank(step), pool);
  }
}

TEST(prefetched_rows, shards_are_those_that_are_read_at_once) {
  for (const auto& kind : shard_kinds()) {
    const DataFolder folder;
    kind.write(folder);
    const StepRows order{5, kAllRows, true, {7, 4, 0, 1}};
    const PrefetchedRows rows(kind.open(folder, BadRecords::skip), order, {.threads = 2});
    for (int64_t step = 0; step < 3 * order.steps_a_round(); ++step) {
      const auto taken = order.of_rank(step);
      const auto read = read_rows(rows, taken);
      for (size_t i = 0; i < taken.size(); ++i)
        EXPECT_EQ(read[i], expected_row(taken[i])) << kind.name;
    }
    EXPECT_EQ(rows.counts().missed, 0);
  }
}

}  // namespace
}  // namespace tutti
