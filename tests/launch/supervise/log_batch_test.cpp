#include "launch/supervise/log_batch.h"

#include <gtest/gtest.h>

namespace tutti::supervise {
namespace {

TEST(LogBatch, KeepsLinesInOrderAndMessagesSmall) {
  LogBatch batch;
  for (int i = 0; i < 5000; ++i) batch.add(i % 2 == 1, "line " + std::to_string(i));
  int next = 0, messages = 0;
  while (!batch.empty()) {
    const control::LogLines lines = batch.take();
    EXPECT_LT(lines.ByteSizeLong(), 2 * LogBatch::kMessageBytes);
    EXPECT_EQ(lines.left_out(), 0u);
    for (const auto& line : lines.lines()) {
      EXPECT_EQ(line.text(), "line " + std::to_string(next));
      EXPECT_EQ(line.error(), next++ % 2 == 1);
    }
    ++messages;
  }
  EXPECT_EQ(next, 5000);
  EXPECT_GT(messages, 1);
}

TEST(LogBatch, LeavesOutWhatIsTooMuchAndCountsIt) {
  LogBatch batch;
  for (int i = 0; i < 1000000; ++i) batch.add(false, "0123456789");
  batch.add(false, "");  // not after those that are missing, as if none were
  uint64_t kept = 0, left_out = 0;
  while (!batch.empty()) {
    const control::LogLines lines = batch.take();
    EXPECT_EQ(left_out, 0u);  // it stands at the end of those that were kept
    kept += static_cast<uint64_t>(lines.lines_size());
    left_out += lines.left_out();
  }
  EXPECT_EQ(kept + left_out, 1000001u);
  EXPECT_LE(kept * 26, LogBatch::kHeldBytes);
  EXPECT_GT(kept * 26, LogBatch::kHeldBytes / 2);
  batch.add(false, "again");
  EXPECT_EQ(batch.take().lines_size(), 1);
}

}  // namespace
}  // namespace tutti::supervise
