// EarlyStopping against what Keras does in the same epochs.
#include "core/callbacks/early_stopping.h"

#include <gtest/gtest.h>

#include "tests/core/callbacks/recorded_training.h"

namespace tutti {
namespace {

using test::RecordedTraining;
using Lines = std::vector<std::string>;

TEST(EarlyStopping, StopsWhenPatienceIsOver) {
  RecordedTraining training;
  EarlyStopping stopping({.patience = 2, .verbose = 1});
  EXPECT_EQ(training.run(stopping, "val_loss", {3, 2, 2.5, 2.1, 1, 1}), 4);
  EXPECT_EQ(stopping.stopped_epoch(), 3);
  EXPECT_EQ(training.weight, 3);
  EXPECT_EQ(training.printed, (Lines{"Epoch 4: early stopping"}));
}

TEST(EarlyStopping, ImprovesByMoreThanMinDelta) {
  RecordedTraining training;
  EarlyStopping stopping({.min_delta = 0.5, .patience = 1});
  EXPECT_EQ(training.run(stopping, "val_loss", {3, 2.6, 2.2, 1}), 2);
}

TEST(EarlyStopping, RestoresTheBestWeightsWhetherItStoppedOrNot) {
  RecordedTraining training;
  EarlyStopping stopping(
      {.monitor = "val_accuracy", .patience = 1, .verbose = 1, .restore_best_weights = true});
  EXPECT_EQ(training.run(stopping, "val_accuracy", {0.5, 0.9, 0.7, 0.8}), 3);
  EXPECT_EQ(training.weight, 1);
  EXPECT_EQ(training.printed.back(), "Restoring model weights from the end of the best epoch: 2.");
  EXPECT_EQ(training.run(stopping, "val_accuracy", {0.9, 0.95}), 2);
  EXPECT_EQ(training.weight, 1);
}

TEST(EarlyStopping, BaselineAndWarmUp) {
  RecordedTraining training;
  // Improving, but never below the baseline: patience goes on counting.
  EarlyStopping baseline({.patience = 3, .baseline = 1.0});
  EXPECT_EQ(training.run(baseline, "val_loss", {5, 4, 3, 3, 2, 2}), 4);
  EarlyStopping late({.patience = 0, .start_from_epoch = 3});
  EXPECT_EQ(training.run(late, "val_loss", {1, 2, 3, 3, 4, 5}), 5);
}

TEST(EarlyStopping, SaysWhatIsMissing) {
  RecordedTraining training;
  EarlyStopping stopping;
  EXPECT_EQ(training.run(stopping, "loss", {1, 2}), 2);
  EXPECT_EQ(
      training.printed[0],
      "Early stopping conditioned on metric `val_loss` which is not available. Available metrics "
      "are: loss");
}

}  // namespace
}  // namespace tutti
