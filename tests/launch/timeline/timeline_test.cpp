#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "launch/timeline/chrome_trace.h"
#include "tests/launch/run_program.h"

namespace tutti {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing_support::InTemporaryFolder;

RankTrace made_trace(int rank, int64_t clock) {
  RankTrace trace{rank, 2, "node" + std::to_string(rank), 0, {{clock + 1000, clock, 50}}, {}};
  trace.spans = {{clock + 1000, clock + 2000, "rows", ActivityKind::data, false, 0},
                 {clock + 2000, clock + 5000, "matmul @ dense", ActivityKind::compute, false, 0},
                 {clock + 5000, clock + 9000, "sum", ActivityKind::communication, true, 1}};
  return trace;
}

TEST(Timeline, TimesOfAllRanksAreThoseOfTheFirst) {
  const std::vector traces{made_trace(0, 0), made_trace(1, 7'000'000'000)};
  const json trace = json::parse(chrome_trace(traces));
  EXPECT_DOUBLE_EQ(trace["otherData"]["clock_error_us"], 0.05);
  std::map<int, std::vector<json>> spans;
  std::map<std::pair<int, int>, std::string> tracks;
  for (const json& event : trace["traceEvents"]) {
    if (event["ph"] == "X") spans[event["pid"]].push_back(event);
    if (event["name"] == "thread_name")
      tracks[{event["pid"], event["tid"]}] = event["args"]["name"];
  }
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(tracks.size(), 2 * kActivityKinds);
  for (const auto& [rank, events] : spans) {
    ASSERT_EQ(events.size(), 3U);
    EXPECT_DOUBLE_EQ(events[0]["ts"], 0);
    EXPECT_DOUBLE_EQ(events[1]["ts"], 1);
    EXPECT_DOUBLE_EQ(events[1]["dur"], 3);
    EXPECT_EQ(events[2]["name"], "sum (waits)");
    EXPECT_EQ(events[2]["args"]["step"], 1);
    for (const json& event : events) EXPECT_EQ((tracks[{rank, event["tid"]}]), event["cat"]);
  }
}

TEST(Timeline, ClocksThatDriftAreFollowedAlongALine) {
  RankTrace trace;
  trace.clocks = {{0, 100, 1}, {1000, 300, 2}};
  EXPECT_EQ(trace.on_first_clock(0), -100);
  EXPECT_EQ(trace.on_first_clock(500), 300);
  EXPECT_EQ(trace.on_first_clock(1000), 700);
  EXPECT_EQ(trace.clock_error(), 2);
}

class TimelineFiles : public InTemporaryFolder {};

TEST_F(TimelineFiles, ATraceIsReadAsItWasWritten) {
  const RankTrace trace = made_trace(1, 5);
  const RankTrace read = read_rank_trace(write("rank-1.json", to_json(trace)));
  EXPECT_EQ(to_json(read), to_json(trace));
}

TEST_F(TimelineFiles, DamageIsNamed) {
  const std::string good = to_json(made_trace(0, 0));
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string& bad :
       {std::string(), std::string("[]"), good.substr(0, good.size() / 2),
        changed("\"rank\":0", "\"rank\":\"x\""), changed("[[1000,2000,0", "[[3000,2000,0"),
        changed("[[1000,2000,0", "[[1000,2000,9"), changed("[[1000,2000,0,1", "[[1000,2000,0,77"),
        changed("[[1000,2000,0,1,false,0]", "[[1000]"),
        changed("\"clocks\":[[1000,0,50]]", "\"clocks\":[]")}) {
    try {
      read_rank_trace(write("rank-0.json", bad));
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data);
      EXPECT_THAT(error.what(), HasSubstr("rank-0.json"));
    }
  }
  EXPECT_THROW(read_traces(folder_), Error);
}

const char* const kSmallJob = R"yaml(
data: {dataset: iris, split: {test: 0.2, seed: 42}}
model: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
loss: sparse_categorical_crossentropy
fit: {epochs: 3, batch_size: 16, verbose: 0}
checkpoint: {every: 5 steps}
report: false
seed: 1
)yaml";

TEST_F(TimelineFiles, ThreeRanksThatTrainLeaveOneTrace) {
  write("job.yaml", kSmallJob);
  const auto trained = shell(testing_support::mpirun(3) + "train job.yaml --run r --trace");
  ASSERT_EQ(trained.code, 0) << trained.err;
  const auto made = shell("tutti timeline r --output trace.json");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("spans of 3 ranks, on one clock within"));

  const json trace = json::parse(testing_support::read_text(folder_ / "trace.json"));
  std::map<int, std::set<std::string>> kinds, names;
  std::map<int, double> ends;
  double latest_begin = 0, earliest_end = 1e18;
  std::map<int, int64_t> steps;
  for (const json& event : trace["traceEvents"]) {
    if (event["ph"] != "X") continue;
    const int rank = event["pid"];
    const double begin = event["ts"], duration = event["dur"];
    if (!ends.contains(rank)) latest_begin = std::max(latest_begin, begin);
    EXPECT_GE(begin, ends[rank] - 0.01) << event;  // spans of a rank follow each other
    EXPECT_GE(duration, 0);
    ends[rank] = begin + duration;
    kinds[rank].insert(event["cat"]);
    names[rank].insert(event["name"]);
    steps[rank] = std::max<int64_t>(steps[rank], event["args"]["step"]);
  }
  ASSERT_EQ(kinds.size(), 3U);
  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_TRUE(kinds[rank].contains("compute") && kinds[rank].contains("communication") &&
                kinds[rank].contains("data") && kinds[rank].contains("checkpoint"));
    EXPECT_EQ(steps[rank], 24);  // 3 epochs of 8 batches
    EXPECT_TRUE(std::ranges::any_of(names[rank], [](const std::string& name) {
      return name.starts_with("matmul @ ");
    })) << testing::PrintToString(names[rank]);
    earliest_end = std::min(earliest_end, ends[rank]);
  }
  EXPECT_LT(latest_begin, earliest_end);  // they trained at the same time
}

TEST_F(TimelineFiles, ARunWithoutATraceSaysHowToGetOne) {
  const auto got = shell("tutti timeline . --output t.json");
  EXPECT_EQ(got.code, static_cast<int>(ExitCode::data));
  EXPECT_THAT(got.err, HasSubstr("train it with --trace"));
}

}  // namespace
}  // namespace tutti
