#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "tests/launch/run_program.h"

namespace tutti {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing_support::InTemporaryFolder;

class PlanTest : public InTemporaryFolder {
 protected:
  PlanTest() {
    write("job.yaml", R"yaml(
data: {dataset: digits}
model: [{Dense: {units: 600, activation: relu}}, {Dense: {units: 10}}]
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
optimizer: Adam
fit: {epochs: 1, batch_size: 128}
seed: 1
)yaml");
  }
  static constexpr int64_t kParameters = 64 * 600 + 600 + 600 * 10 + 10;
};

TEST_F(PlanTest, SaysWhatEachRankOwnsAndTakes) {
  const auto got = shell("tutti plan job.yaml -n 3 --json");
  ASSERT_EQ(got.code, 0) << got.err;
  const json plan = json::parse(got.out);
  EXPECT_EQ(plan["batch"], 128);
  EXPECT_EQ(plan["shards"], 8);
  ASSERT_EQ(plan["ranks"].size(), 3U);
  int64_t rows = 0, shares = 0;
  uint64_t state = 4 * kParameters;
  for (const json& rank : plan["ranks"]) {
    rows += rank["rows"].get<int64_t>();
    ASSERT_EQ(rank["buckets"].size(), 1U);
    EXPECT_EQ(rank["buckets"][0]["elements"], kParameters);
    shares += rank["buckets"][0]["share"].get<int64_t>();
    EXPECT_EQ(rank["weights"], 4 * kParameters);
    state += rank["optimizer_state"].get<uint64_t>();
    EXPECT_GE(rank["optimizer_state"], 2 * 4 * rank["buckets"][0]["share"].get<int64_t>());
    EXPECT_GT(rank["arena"], 4 * kParameters);  // gradients live there
  }
  EXPECT_EQ(rows, 128);
  EXPECT_EQ(shares, kParameters);
  const std::string meetings = plan["collectives"].dump();
  EXPECT_THAT(meetings, HasSubstr("reduce_scatter"));
  EXPECT_EQ(plan["commit"]["share_bytes"], (state + 2) / 3);
  EXPECT_EQ(plan["commit"]["interval"], 0.7);
}

TEST_F(PlanTest, CommitsComeAsTheJobSays) {
  const json often = json::parse(shell("tutti plan job.yaml -n 2 --set commit=30 --json").out);
  EXPECT_EQ(often["commit"]["interval"], 30);
  const auto off = shell("tutti plan job.yaml -n 2 --set commit=off");
  EXPECT_THAT(off.out, HasSubstr("no commits: the job says commit: off"));
  EXPECT_THAT(off.out, ::testing::Not(HasSubstr("for others")));
}

TEST_F(PlanTest, CommitsLieOnTheBuddysHostToo) {
  const json plan = json::parse(shell("tutti plan job.yaml -n 4 --hosts a,b --json").out);
  ASSERT_EQ(plan["commit"]["hosts"].size(), 2U);
  for (const json& host : plan["commit"]["hosts"]) {
    EXPECT_EQ(host["ranks"], 2);
    EXPECT_EQ(host["copies"], 2);
    EXPECT_EQ(host["bytes"], 8 * plan["commit"]["share_bytes"].get<int64_t>());
  }
}

TEST_F(PlanTest, IsReadableAndRefusesWhatCannotBe) {
  const auto got = shell("tutti plan job.yaml -n 2");
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_THAT(got.out, HasSubstr("a batch of 128 rows in 8 shards, on 2 ranks"));
  EXPECT_THAT(got.out, HasSubstr("a commit: "));
  const auto many = shell("tutti plan job.yaml -n 9");
  EXPECT_EQ(many.code, static_cast<int>(ExitCode::world));
  EXPECT_THAT(many.err, HasSubstr("--set shards="));
  EXPECT_EQ(shell("tutti plan job.yaml -n 0").code, static_cast<int>(ExitCode::usage));
  EXPECT_EQ(shell("tutti plan job.yaml -n 1 --hosts a,b").code, static_cast<int>(ExitCode::usage));
}

}  // namespace
}  // namespace tutti
