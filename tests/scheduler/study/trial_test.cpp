#include "scheduler/study/trial.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

Trial complete(int64_t number, double value) {
  Trial trial;
  trial.number = number;
  trial.state = TrialState::complete;
  trial.values = {value};
  return trial;
}

TEST(Trial, ReadsTheConstraintsOfBothVersionsOfOptuna) {
  Trial trial;
  EXPECT_TRUE(trial.constraints().empty());
  EXPECT_EQ(trial.violation(), 0);
  trial.system_attributes["constraints"] = {-1.0, 0.5};
  trial.system_attributes["constraints:memory"] = 2;
  trial.system_attributes["constraints_of_another"] = 7;
  EXPECT_EQ(trial.constraints(), (std::vector<double>{-1, 0.5, 2}));
  EXPECT_EQ(trial.violation(), 2.5);
  trial.system_attributes["constraints:memory"] = nullptr;
  EXPECT_EQ(trial.violation(), INFINITY);
}

TEST(Trial, KnowsItsLastStepAndWhetherItIsSuspended) {
  Trial trial;
  EXPECT_FALSE(trial.last_step());
  trial.intermediate = {{3, 0.1}, {1, 0.2}};
  EXPECT_EQ(trial.last_step(), 3);
  EXPECT_FALSE(trial.suspended());
  trial.system_attributes[kSuspended] = true;
  EXPECT_TRUE(trial.suspended());
  trial.state = TrialState::pruned;
  EXPECT_FALSE(trial.suspended());
  trial.state = TrialState::running;
  trial.system_attributes[kSuspended] = false;
  EXPECT_FALSE(trial.suspended());
}

TEST(StudyRecord, RanksFeasibleCompleteTrialsByValueThenNumber) {
  StudyRecord record;
  record.directions = {Direction::maximize};
  record.trials = {complete(0, 1), complete(1, 3), complete(2, NAN), complete(3, 3),
                   complete(4, 9), complete(5, 2), complete(6, 5)};
  record.trials[4].system_attributes["constraints"] = {1.0};
  record.trials[6].state = TrialState::pruned;
  std::vector<int64_t> numbers;
  for (const Trial* trial : record.ranking()) numbers.push_back(trial->number);
  EXPECT_EQ(numbers, (std::vector<int64_t>{1, 3, 5, 0}));
  record.directions = {Direction::minimize};
  EXPECT_EQ(record.ranking()[0]->number, 0);
  record.directions = {Direction::minimize, Direction::minimize};
  EXPECT_TRUE(record.ranking().empty());
}

}  // namespace
}  // namespace tutti
