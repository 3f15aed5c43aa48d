// Callbacks against what Keras does in the same epochs.
#include "core/callbacks/callback.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/callbacks/csv_logger.h"
#include "core/callbacks/history.h"
#include "core/callbacks/lambda_callback.h"
#include "core/callbacks/learning_rates.h"
#include "core/callbacks/model_checkpoint.h"
#include "core/callbacks/monitor.h"
#include "core/callbacks/swap_ema_weights.h"
#include "core/callbacks/terminate_on_nan.h"
#include "core/optimizers/decays.h"
#include "tests/conformance/graph_runner.h"
#include "tests/core/callbacks/recorded_training.h"

namespace tutti {
namespace {

using test::error_of, test::RecordedTraining;
using Lines = std::vector<std::string>;

TEST(ModelCheckpoint, FormatsPathsAsPython) {
  Logs logs;
  logs.set("val_loss", 0.12345);
  EXPECT_EQ(format_filepath("w-{epoch:02d}-{val_loss:.2f}.keras", 4, std::nullopt, logs),
            "w-05-0.12.keras");
  EXPECT_EQ(format_filepath("{epoch}-{batch:03d}", 0, 6, logs), "1-007");
  EXPECT_NE(error_of([&] {
              format_filepath("{mape}", 0, std::nullopt, logs);
            }).find("names from: val_loss"),
            std::string::npos);
}

TEST(ModelCheckpoint, SavesOnlyWhatIsBetter) {
  RecordedTraining training;
  ModelCheckpoint checkpoint({.filepath = "w{epoch}.safetensors",
                              .verbose = 1,
                              .save_best_only = true,
                              .save_weights_only = true});
  training.run(checkpoint, "val_loss", {2, 3, 1});
  EXPECT_EQ(training.saved, (Lines{"w1.safetensors", "w3.safetensors"}));
  EXPECT_EQ(training.printed[0],
            "\nEpoch 1: val_loss improved from None to 2.00000, saving model to w1.safetensors");
  EXPECT_EQ(training.printed[2], "\nEpoch 2: val_loss did not improve from 2.00000");
}

TEST(ModelCheckpoint, SavesEverySoManyBatches) {
  RecordedTraining training;
  ModelCheckpoint checkpoint({.filepath = "m.keras", .save_freq = 3});
  checkpoint.attach(&training);
  EXPECT_TRUE(checkpoint.needs_batch_logs());
  for (int epoch = 0; epoch < 2; ++epoch) {
    checkpoint.on_epoch_begin(epoch);
    for (int batch = 0; batch < 4; ++batch) checkpoint.on_train_batch_end(batch, Logs());
    checkpoint.on_epoch_end(epoch, Logs());
  }
  EXPECT_EQ(training.saved.size(), 2u);
}

TEST(ModelCheckpoint, RefusesPathsThatDoNotFit) {
  EXPECT_NE(error_of([] {
              ModelCheckpoint({.filepath = "w.safetensors"});
            }).find("save_weights_only: true"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              ModelCheckpoint({.filepath = "m.keras", .save_weights_only = true});
            }).find("end it in .safetensors"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              make<Callback>(
                  test::call_of("ModelCheckpoint", {{"filepath", "m.keras"}, {"save_freq", 0}}));
            }).find("positive number of batches"),
            std::string::npos);
}

TEST(CSVLogger, WritesAsKeras) {
  const auto directory = std::filesystem::path(testing::TempDir()) / "csv_logger";
  std::filesystem::create_directories(directory);
  RecordedTraining training;
  training.plan_.run_directory = directory.string();
  const auto text = [&] {
    std::ifstream in(directory / "log.csv");
    return (std::ostringstream() << in.rdbuf()).str();
  };
  CSVLogger logger("log.csv");
  training.run(logger, "loss", {0.5, 0.25});
  EXPECT_EQ(text(), "epoch,loss,val_loss\n0,0.5,NA\n1,0.25,NA\n");
  CSVLogger more({.filename = "log.csv", .append = true});
  training.run(more, "loss", {0.125});
  EXPECT_EQ(text(), "epoch,loss,val_loss\n0,0.5,NA\n1,0.25,NA\n0,0.125,NA\n");
  training.run(logger, "loss", {-std::nan(""), -HUGE_VAL});
  EXPECT_EQ(text(), "epoch,loss,val_loss\n0,nan,NA\n1,-inf,NA\n");
  CSVLogger nowhere((directory / "no" / "log.csv").string());
  nowhere.attach(&training);
  EXPECT_NE(error_of([&] { nowhere.on_train_begin(); }).find("make its directory"),
            std::string::npos);
  std::filesystem::remove_all(directory);
}

TEST(History, KeepsTheLogsOfEachEpoch) {
  RecordedTraining training;
  History history;
  training.run(history, "loss", {3, 2});
  EXPECT_EQ(history["loss"], (std::vector<double>{3, 2}));
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{0, 1}));
  EXPECT_NE(error_of([&] { history["los"]; }).find("did you mean 'loss'"), std::string::npos);
}

TEST(LearningRateScheduler, SetsTheRateOfEachEpoch) {
  RecordedTraining training;
  LearningRateScheduler halves(
      [](int64_t epoch, double rate) { return epoch == 0 ? rate : rate / 2; });
  training.run(halves, "loss", {1, 1, 1});
  EXPECT_DOUBLE_EQ(training.rate, 0.025);
  const auto scheduler = make<Callback>(test::config_of(
      {{"LearningRateScheduler",
        {{"schedule", {{"PiecewiseConstantDecay", {{"boundaries", {1}}, {"values", {0.5, 0.25}}}}}},
         {"verbose", 1}}}}));
  training.printed.clear();
  training.run(*scheduler, "loss", {1, 1, 1});
  EXPECT_DOUBLE_EQ(training.rate, 0.25);
  EXPECT_EQ(training.printed[0], "\nEpoch 1: LearningRateScheduler setting learning rate to 0.5.");
  EXPECT_EQ(kind_config(*make<Callback>(kind_config(*scheduler))), kind_config(*scheduler));
}

TEST(ReduceLROnPlateau, ReducesAfterPatienceDownToItsLeast) {
  RecordedTraining training;
  ReduceLROnPlateau plateau(
      {.monitor = "loss", .factor = 0.5, .patience = 2, .cooldown = 1, .min_lr = 0.04});
  // Stuck from epoch 1 on: halved at epoch 2, one epoch of cooldown, cut to the least at epoch 4.
  training.run(plateau, "loss", {1, 1, 1});
  EXPECT_DOUBLE_EQ(training.rate, 0.05);
  training.rate = 0.1;
  training.run(plateau, "loss", {1, 1, 1, 1, 1});
  EXPECT_DOUBLE_EQ(training.rate, 0.04);
  EXPECT_NE(error_of([] { ReduceLROnPlateau({.factor = 1}); }).find("below 1"), std::string::npos);
}

TEST(TerminateOnNaN, StopsAtTheBatch) {
  RecordedTraining training;
  TerminateOnNaN guard;
  guard.attach(&training);
  Logs logs;
  logs.set("loss", 1.0);
  guard.on_train_batch_end(0, logs);
  EXPECT_FALSE(training.stopped);
  logs.set("loss", INFINITY);
  guard.on_train_batch_end(1, logs);
  EXPECT_TRUE(training.stopped);
  EXPECT_EQ(training.printed, (Lines{"Batch 1: Invalid loss, terminating training"}));
  TerminateOnNaN strict({.raise_error = true});
  strict.attach(&training);
  EXPECT_NE(error_of([&] { strict.on_train_batch_end(2, logs); }).find("at batch 2"),
            std::string::npos);
}

TEST(LambdaCallback, CallsItsFunctions) {
  RecordedTraining training;
  std::string events;
  LambdaCallback callback(
      {.on_epoch_begin = [&](int64_t epoch) { events += "b" + std::to_string(epoch); },
       .on_epoch_end = [&](int64_t, const Logs& logs) { events += "e" + logs.names(); },
       .on_train_begin = [&] { events += "("; },
       .on_train_end = [&] { events += ")"; }});
  training.run(callback, "loss", {1, 2});
  EXPECT_EQ(events, "(b0elossb1eloss)");
  EXPECT_FALSE(callback.needs_batch_logs());
}

TEST(MonitorMode, IsWhatIsKnownBeforeWhatTheNameSays) {
  EXPECT_EQ(monitor_mode("Best", "auto", "val_hits", true), MonitorMode::max);
  EXPECT_EQ(monitor_mode("Best", "auto", "val_accident", false), MonitorMode::min);
  EXPECT_EQ(monitor_mode("Best", "min", "val_hits", true), MonitorMode::min);
  EXPECT_EQ(error_of([] { monitor_mode("Best", "auto", "val_hits"); }),
            "[Best] cannot tell whether more or less of 'val_hits' is better; set mode to max "
            "or min");
}

TEST(ModelCheckpoint, KnowsWhatItCannotWatch) {
  TrainingControl::Plan plan;
  plan.quantities = {{"loss", std::nullopt}, {"val_loss", std::nullopt}};
  ModelCheckpointOptions options{
      .filepath = "a.safetensors", .save_best_only = true, .save_weights_only = true};
  ModelCheckpoint(options).check(plan);
  options.save_freq = 10;
  EXPECT_NE(error_of([&] {
              ModelCheckpoint(options).check(plan);
            }).find("[ModelCheckpoint] monitors 'val_loss'"),
            std::string::npos);
  options.monitor = "loss";
  ModelCheckpoint(options).check(plan);
}

TEST(SwapEMAWeights, NeedsAverages) {
  TrainingControl::Plan plan;
  EXPECT_EQ(error_of([&] { SwapEMAWeights().check(plan); }),
            "[SwapEMAWeights] the optimizer keeps no averages; set its use_ema to true");
  plan.averages = true;
  SwapEMAWeights().check(plan);
}

TEST(Monitor, KnowsBeforeTrainingWhatItCannotWatch) {
  TrainingControl::Plan plan;
  Monitor("Best", "val_loss", "auto", 0).check(plan);  // nothing is known yet
  plan.quantities = {{"loss", std::nullopt}, {"hits", true}, {"val_oddness", std::nullopt}};
  Monitor("Best", "hits", "auto", 0).check(plan);
  Monitor("Best", "val_oddness", "max", 0).check(plan);
  const auto refused = [&](const char* name) {
    return error_of([&] { Monitor("Best", name, "auto", 0).check(plan); });
  };
  EXPECT_EQ(refused("hitz"),
            "[Best] monitors 'hitz', which this training does not report, did you mean 'hits'?");
  EXPECT_EQ(refused("val_accuracy"),
            "[Best] monitors 'val_accuracy', which this training does not report; monitor one of "
            "hits, loss, val_oddness");
  EXPECT_EQ(refused("val_oddness"),
            "[Best] cannot tell whether more or less of 'val_oddness' is better; set mode to max "
            "or min");
}

TEST(MonitorMode, IsKnownFromTheName) {
  EXPECT_EQ(monitor_mode("Best", "auto", "val_accuracy"), MonitorMode::max);
  EXPECT_EQ(monitor_mode("Best", "auto", "val_loss"), MonitorMode::min);
  EXPECT_EQ(monitor_mode("Best", "max", "val_loss"), MonitorMode::max);
  EXPECT_NE(error_of([] { monitor_mode("Best", "up", "loss"); }).find("use auto, min or max"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
