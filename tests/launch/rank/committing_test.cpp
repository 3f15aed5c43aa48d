#include "launch/rank/committing.h"

#include <gmock/gmock.h>

#include "core/base/error.h"
#include "launch/job_checkpoint.h"
#include "launch/job_schema.h"
#include "launch/yaml_writer.h"

namespace tutti {
namespace {

using ::testing::HasSubstr;

CommittingOptions of(const std::string& commit) {
  const Job job = Job::parse(
      "data: {dataset: iris}\nmodel: [Dense: {units: 3}]\nloss: mse\n" + commit, "job.yaml");
  return committing_of(job);
}

TEST(Committing, TheJobSaysHowOften) {
  EXPECT_EQ(of("").every_seconds, 0);
  EXPECT_FALSE(of("").off);
  EXPECT_EQ(of("commit: 5").every_seconds, 5);
  EXPECT_EQ(of("commit: 0.5").every_seconds, 0.5);
  EXPECT_EQ(of("commit: 30 s").every_seconds, 30);
  EXPECT_EQ(of("commit: 2 min").every_seconds, 120);
  EXPECT_TRUE(of("commit: off").off);
}

TEST(Committing, WhatIsNoTimeIsRefusedWithItsPlace) {
  for (const char* wrong :
       {"commit: 0", "commit: -1", "commit: .inf", "commit: .nan", "commit: soon",
        "commit: 5 steps", "commit: epoch", "commit: [1, 2]", "commit: true"})
    try {
      of(wrong);
      ADD_FAILURE() << wrong << " was taken";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("[job.yaml:4:")) << wrong;
    }
}

TEST(Committing, TheRunsOwnFileSaysIt) {
  const Job job =
      Job::parse("data: {dataset: iris}\nmodel: [Dense: {units: 3}]\ncommit: 30 s\n", "job.yaml");
  EXPECT_THAT(write_yaml(write_message(job.frame())), HasSubstr("commit: \"30 s\""));
}

}  // namespace
}  // namespace tutti
