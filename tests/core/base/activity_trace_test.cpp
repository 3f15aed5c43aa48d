#include "core/base/activity_trace.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

std::vector<int64_t> steps_kept(size_t capacity, int64_t count) {
  ActivityTrace trace(capacity);
  for (int64_t step = 0; step < count; ++step) {
    ActivitySpan span;
    span.step = step;
    trace.spent(span);
  }
  EXPECT_EQ(trace.dropped() + trace.spans().size(), static_cast<size_t>(capacity ? count : 0));
  std::vector<int64_t> steps;
  for (const auto& span : trace.spans()) steps.push_back(span.step);
  return steps;
}

TEST(ActivityTrace, KeepsTheNewestInOrder) {
  EXPECT_EQ(steps_kept(4, 0), (std::vector<int64_t>{}));
  EXPECT_EQ(steps_kept(4, 3), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(steps_kept(4, 4), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(steps_kept(4, 10), (std::vector<int64_t>{6, 7, 8, 9}));
  EXPECT_EQ(steps_kept(1, 3), (std::vector<int64_t>{2}));
  EXPECT_EQ(steps_kept(0, 3), (std::vector<int64_t>{}));
}

}  // namespace
}  // namespace tutti
