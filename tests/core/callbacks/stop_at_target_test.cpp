#include "core/callbacks/stop_at_target.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/callbacks/recorded_training.h"

namespace tutti {
namespace {

using test::RecordedTraining;

TEST(StopAtTarget, StopsAtTheFirstEpochThatIsGoodEnough) {
  RecordedTraining training;
  StopAtTarget rising({.monitor = "accuracy", .target = 0.9, .verbose = 1});
  EXPECT_EQ(training.run(rising, "accuracy", {0.5, 0.89, 0.9, 0.95}), 3);
  EXPECT_EQ(training.printed.back(), "Epoch 3: accuracy is 0.9000, as good as 0.9");
  StopAtTarget falling({.monitor = "loss", .target = 0.1});
  EXPECT_EQ(training.run(falling, "loss", {0.5, std::nan(""), 0.05, 0.01}), 3);
  EXPECT_EQ(training.run(falling, "loss", {0.5, 0.2}), 2);
}

TEST(StopAtTarget, WatchesWhatIsReportedAlone) {
  StopAtTarget callback({.monitor = "accuracy", .target = 0.9});
  TrainingControl::Plan plan;
  plan.quantities = {{"loss", false}};
  EXPECT_THROW(callback.check(plan), std::exception);
}

}  // namespace
}  // namespace tutti
