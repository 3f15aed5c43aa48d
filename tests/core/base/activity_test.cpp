#include "core/base/activity.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tutti {
namespace {

using std::chrono::milliseconds;

TEST(Activity, TheInnerScopeIsSeenAndTheOuterAgainAfterwards) {
  ActivityRecord record;
  const RecordedThread recorded(record);
  EXPECT_STREQ(record.now().where, "start");
  const Activity outer(ActivityKind::compute, "step");
  {
    const Activity inner(ActivityKind::data, "rows");
    EXPECT_STREQ(record.now().where, "rows");
    EXPECT_EQ(record.now().kind, ActivityKind::data);
  }
  EXPECT_STREQ(record.now().where, "step");
  EXPECT_EQ(record.now().kind, ActivityKind::compute);
  record.pass("matmul @ dense");
  EXPECT_STREQ(record.now().where, "matmul @ dense");
}

TEST(Activity, AWaitKeepsTheNameOfWhatWaitsAndSaysForWhom) {
  ActivityRecord record;
  const RecordedThread recorded(record);
  {
    Waiting alone("exchange");
    EXPECT_STREQ(record.now().where, "exchange");
    EXPECT_EQ(record.now().awaited, -1);
  }
  const Activity sum(ActivityKind::communication, "reduce_scatter @ gradients");
  {
    Waiting waiting("exchange");
    waiting.on(3);
    const ActivitySnapshot seen = record.now();
    EXPECT_STREQ(seen.where, "reduce_scatter @ gradients");
    EXPECT_TRUE(seen.waiting);
    EXPECT_EQ(seen.awaited, 3);
  }
  EXPECT_FALSE(record.now().waiting);
  EXPECT_EQ(record.now().awaited, -1);
}

TEST(Activity, SecondsGoToTheKindInWhichTheyPass) {
  ActivityRecord record;
  const RecordedThread recorded(record);
  {
    const Activity reading(ActivityKind::data, "rows");
    std::this_thread::sleep_for(milliseconds(20));
    EXPECT_GE(record.now().seconds[static_cast<size_t>(ActivityKind::data)], 0.02);  // the present
  }
  {
    const Waiting waiting("exchange");
    std::this_thread::sleep_for(milliseconds(20));
  }
  const ActivitySnapshot seen = record.now();
  const auto of = [&](ActivityKind kind) { return seen.seconds[static_cast<size_t>(kind)]; };
  EXPECT_GE(of(ActivityKind::data), 0.02);
  EXPECT_GE(of(ActivityKind::communication), 0.02);
  EXPECT_GE(seen.waited, 0.02);
  EXPECT_EQ(of(ActivityKind::compute), 0);
}

TEST(Activity, TimeBetweenOutermostScopesCountsForTheFirst) {
  ActivityRecord record;
  const RecordedThread recorded(record);
  const auto of = [&](ActivityKind kind) {
    return record.now().seconds[static_cast<size_t>(kind)];
  };
  {
    const Activity computing(ActivityKind::compute, "step");
    { const Activity meeting(ActivityKind::communication, "sum"); }
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_STREQ(record.now().where, "start");
  std::this_thread::sleep_for(milliseconds(10));
  EXPECT_GE(of(ActivityKind::compute), 0.02);
  EXPECT_LT(of(ActivityKind::communication), of(ActivityKind::compute));
  const Activity reading(ActivityKind::data, "rows");
  std::this_thread::sleep_for(milliseconds(10));
  EXPECT_GE(of(ActivityKind::data), 0.01);
}

TEST(Activity, WhatStandsStillIsSeenToStandStill) {
  ActivityRecord record;
  const RecordedThread recorded(record);
  const Activity computing(ActivityKind::compute, "step");
  record.pass("matmul");
  const ActivitySnapshot first = record.now();
  std::this_thread::sleep_for(milliseconds(5));
  const ActivitySnapshot again = record.now();
  EXPECT_EQ(first.changes, again.changes);
  EXPECT_EQ(first.since, again.since);
  record.pass("relu");
  const ActivitySnapshot moved = record.now();
  EXPECT_GT(moved.changes, again.changes);
  EXPECT_GE(moved.since - again.since, milliseconds(5));
}

TEST(Activity, StepsAndBytesAreCounted) {
  ActivityRecord record;
  const RecordedThread recorded(record);
  note_step(41), note_step(42);
  note_bytes(10), note_bytes(20);
  EXPECT_EQ(record.now().step, 42);
  EXPECT_EQ(record.now().bytes, 30U);
}

TEST(Activity, ThreadsThatAreNotRecordedDisturbNobody) {
  ActivityRecord record;
  const RecordedThread recorded(record);
  const uint64_t before = record.now().changes;
  std::jthread([] {
    const Activity other(ActivityKind::data, "elsewhere");
    note_step(7);
    note_bytes(7);
    EXPECT_EQ(ActivityRecord::of_this_thread(), nullptr);
  }).join();
  EXPECT_EQ(record.now().changes, before);
  EXPECT_EQ(record.now().step, 0);
}

TEST(Activity, TheFirstThreadThatAsksIsTheProcesss) {
  std::jthread([] {
    const RecordedThread first;
    const Activity reading(ActivityKind::data, "first");
    std::jthread([] {
      const RecordedThread second;
      const Activity reading(ActivityKind::data, "second");
    }).join();
    EXPECT_STREQ(activity_now().where, "first");
  }).join();
  const RecordedThread next;
  const Activity reading(ActivityKind::data, "next");
  EXPECT_STREQ(activity_now().where, "next");
}

TEST(Activity, ASnapshotIsOfOneMoment) {
  ActivityRecord record;
  std::atomic<bool> done{false};
  std::jthread writer([&] {
    const RecordedThread recorded(record);
    while (!done) {
      const Activity reading(ActivityKind::data, "data");
      const Activity sending(ActivityKind::communication, "communication");
    }
  });
  for (int i = 0; i < 20000; ++i) {
    const ActivitySnapshot seen = record.now();
    if (seen.kind != ActivityKind::other) {
      ASSERT_STREQ(seen.where, name_of(seen.kind));
    }
  }
  done = true;
}

TEST(Activity, AListenerHearsOfEachSpanOnce) {
  struct Kept : ActivityListener {
    void spent(const ActivitySpan& span) override { spans.push_back(span); }
    std::vector<ActivitySpan> spans;
  } kept;
  ActivityRecord record;
  const RecordedThread recorded(record);
  record.listen(&kept);
  {
    const Activity computing(ActivityKind::compute, "step");
    record.pass("matmul");
    const Activity meeting(ActivityKind::communication, "sum");
  }
  record.listen(nullptr);
  { const Activity unheard(ActivityKind::data, "unheard"); }
  std::string names;
  for (size_t i = 0; i < kept.spans.size(); ++i) {
    names += std::string(kept.spans[i].name) + " ";
    EXPECT_LT(kept.spans[i].begin, kept.spans[i].end);
    if (i > 0) {
      EXPECT_EQ(kept.spans[i].begin, kept.spans[i - 1].end);
    }
  }
  EXPECT_EQ(names, "start step matmul sum matmul start ");
}

TEST(Activity, InternedNamesAreKeptOnce) {
  const char* name = interned(std::string("matmul @ ") + "dense");
  EXPECT_EQ(name, interned("matmul @ dense"));
  EXPECT_STREQ(name, "matmul @ dense");
}

}  // namespace
}  // namespace tutti
