// A training that crashed goes on from its checkpoint as if nothing had happened: weights, the
// optimizer's state and every number of the history, on other numbers of ranks too.
#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "core/base/error.h"
#include "core/callbacks/csv_logger.h"
#include "core/callbacks/early_stopping.h"
#include "core/callbacks/learning_rates.h"
#include "core/callbacks/swap_ema_weights.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/pooling.h"
#include "core/layers/reshaping.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/muon.h"
#include "core/optimizers/nadam.h"
#include "core/optimizers/sgd.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpointing.h"
#include "io/event_log/tensorboard.h"
#include "tests/core/model/waves.h"
#include "tests/io/checkpoint/crashing_trainings.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using test::Callbacks, test::Crash, test::CrashAt, test::Folder, test::Training;
using test::crash_on, test::difference, test::labels_below, test::Record;
using ::testing::HasSubstr;

Callbacks saving_to(const std::string& folder, int64_t every_steps) {
  return {std::make_shared<Checkpointing>(
      CheckpointingOptions{.folder = folder, .every_steps = every_steps, .every_epochs = 1})};
}

// Undisturbed once; then with a crash at each of some places, saved on some ranks and gone on with
// on others.
void expect_one_training(const Training& training) {
  const Record whole = test::run_on(1, 1, 4, [&] { return training({}); });
  const auto through = [&](int world, int other, Boundary boundary, int64_t steps, int64_t every) {
    SCOPED_TRACE(fmt::format("crash on {} ranks after step {}, on with {}", world, steps, other));
    const Folder folder;
    crash_on(
        world, training, [&] { return saving_to(folder.path, every); }, boundary, steps);
    std::atomic<int> resumed{0};
    const Record on = test::run_on(other, 1, 4, [&] {
      const Callbacks more = saving_to(folder.path, every);
      Record record = training(more);
      const auto at = dynamic_cast<Checkpointing&>(*more[0]).resumed_at();
      resumed += at && *at > 0 && *at <= steps;
      return record;
    });
    EXPECT_EQ(resumed, other);
    EXPECT_EQ(difference(on, whole), "");
  };
  through(1, 1, Boundary::step, 6, 1);
  through(1, 3, Boundary::step, 5, 2);
  through(2, 1, Boundary::epoch, 8, 3);
  through(3, 4, Boundary::step, 7, 3);
  through(4, 2, Boundary::step, 4, 1);
}

Record with_history(Model& model, const History& history) {
  Record record = test::record_of(model, history);
  record.push_back({"rate", {model.optimizer().learning_rate()}});
  return record;
}

FitOptions fit_with(const Callbacks& callbacks, const Callbacks& more) {
  FitOptions fit{.epochs = 4, .batch_size = 16, .verbose = 0, .validation_split = 0.2};
  fit.callbacks = callbacks;
  fit.callbacks.insert(fit.callbacks.end(), more.begin(), more.end());
  return fit;
}

Callbacks deciding() {
  return {std::make_shared<EarlyStopping>(EarlyStoppingOptions{
              .monitor = "val_loss", .patience = 1, .restore_best_weights = true}),
          std::make_shared<ReduceLROnPlateau>(ReduceLROnPlateauOptions{
              .monitor = "val_loss", .factor = 0.5, .patience = 0, .min_delta = 0.1})};
}

TEST(Resume, AConvolutionalNetWithStatisticsAveragesAndDecisions) {
  expect_one_training([](const Callbacks& more) {
    Sequential model({Conv2D({.filters = 3, .kernel_size = 3}), BatchNormalization(), Flatten(),
                      Dropout(0.3), Dense(5, "softmax")});
    model.compile({.optimizer = Adam({.learning_rate = 0.02,
                                      .clipnorm = 0.5,
                                      .use_ema = true,
                                      .ema_momentum = 0.9,
                                      .gradient_accumulation_steps = 2}),
                   .loss = "sparse_categorical_crossentropy",
                   .metrics = {"accuracy"}});
    return with_history(model, model.fit(make_rows(test::sample_tensor({77, 6, 6, 1}, DType::f32),
                                                   labels_below(5, 77)),
                                         fit_with(deciding(), more)));
  });
}

TEST(Resume, AveragesThatStandInForTheWeightsBetweenEpochs) {
  expect_one_training([](const Callbacks& more) {
    Sequential model({Dense(6, "tanh"), Dense(3)});
    model.compile({.optimizer = Adam({.learning_rate = 0.05, .use_ema = true}), .loss = "mse"});
    const auto swap =
        std::make_shared<SwapEMAWeights>(SwapEMAWeightsOptions{.swap_on_epoch = true});
    return with_history(model, model.fit(make_rows(test::sample_tensor({77, 4}, DType::f32),
                                                   test::sample_tensor({77, 3}, DType::f32, 5)),
                                         fit_with({swap}, more)));
  });
}

TEST(Resume, AnLstmThatKeepsItsStatesAndARateThatIsSetEachEpoch) {
  expect_one_training([](const Callbacks& more) {
    const LayerHandle input(
        std::make_shared<InputLayer>(InputOptions{.batch_shape = Shape{16, 5, 2}}));
    Sequential model({input, LSTM({.units = 4, .stateful = true}), Dense(1)});
    model.compile({.optimizer = Nadam({.learning_rate = 0.01}), .loss = "mae"});
    const auto slower =
        std::make_shared<LearningRateScheduler>([](int64_t, double rate) { return 0.7 * rate; });
    FitOptions fit = fit_with({slower}, more);
    fit.validation_split = 0;
    return with_history(model, model.fit(make_rows(test::sample_tensor({64, 5, 2}, DType::f32),
                                                   test::sample_tensor({64, 1}, DType::f32, 5)),
                                         fit));
  });
}

// Saved in the middle of an epoch on each number of ranks, loaded on each, and fifty steps more.
TEST(Resume, FromEachNumberOfRanksOnEachFiftyStepsLater) {
  const auto saving_ten = [](const fs::path& folder) -> Callbacks {
    return {
        std::make_shared<Checkpointing>(CheckpointingOptions{.folder = folder, .every_steps = 10})};
  };
  std::mutex mutex;
  std::set<uint64_t> digests;  // of the parameters
  const Training training = [&](const Callbacks& more) {
    Sequential model({Dense(9, "relu"), BatchNormalization(), Dropout(0.3), Dense(3)});
    model.compile({.optimizer = Adam({.learning_rate = 0.02}), .loss = "mse"});
    FitOptions fit = fit_with({}, more);
    fit.epochs = 15;  // of four steps
    const History history = model.fit(make_rows(test::sample_tensor({77, 4}, DType::f32),
                                                test::sample_tensor({77, 3}, DType::f32, 5)),
                                      fit);
    const std::lock_guard lock(mutex);
    digests.insert(model.digest());
    return with_history(model, history);
  };
  const Record whole = test::run_on(1, 1, 4, [&] { return training({}); });
  for (const int saved : {1, 2, 3, 4}) {
    const Folder folder;
    crash_on(
        saved, training, [&] { return saving_ten(folder.path); }, Boundary::step, 11);
    for (const int loaded : {1, 2, 3, 4}) {
      SCOPED_TRACE(fmt::format("saved on {} ranks, loaded on {}", saved, loaded));
      const Folder other;
      fs::copy(folder.path, other.path, fs::copy_options::recursive);
      const Record on = test::run_on(loaded, 1, 4, [&] {
        const Callbacks more = saving_ten(other.path);
        Record record = training(more);
        EXPECT_EQ(dynamic_cast<Checkpointing&>(*more[0]).resumed_at(), 10);
        return record;
      });
      EXPECT_EQ(difference(on, whole), "");
    }
  }
  EXPECT_EQ(digests.size(), 1u);
}

// An epoch of three batches begins where the one before stopped in the rows.
TEST(Resume, EpochsOfSomeBatches) {
  expect_one_training([](const Callbacks& more) {
    Sequential model({Dense(8, "relu"), Dense(3)});
    model.compile({.optimizer = Muon({.learning_rate = 0.01}), .loss = "mse"});
    FitOptions fit = fit_with({}, more);
    fit.steps_per_epoch = 3;
    return with_history(model, model.fit(make_rows(test::sample_tensor({77, 4}, DType::f32),
                                                   test::sample_tensor({77, 3}, DType::f32, 5)),
                                         fit));
  });
}

// Two players, each with an optimizer of its own that only the step knows.
class Players final : public Model {
 public:
  void train_step(const StepData& data, StepReport& report) override {
    const Value loss = sum_rows(reduce_mean(square(second_(first_(data.x[0])) - data.y[0])));
    minimize(loss, data, optimizer(), first_->trainable_weights());
    const Value later = sum_rows(reduce_mean(square(second_(first_(data.x[0])) - data.y[0])));
    minimize(later, data, other_, second_->trainable_weights());
    report.mean("loss", later);
  }
  void test_step(const StepData& data, StepReport& report) override {
    report.mean("loss", sum_rows(reduce_mean(square(second_(first_(data.x[0])) - data.y[0]))));
  }

 protected:
  Value call(const Value& x) override { return second_(first_(x)); }

 private:
  Dense first_{5, "tanh"}, second_{3};
  Adam other_{{.learning_rate = 0.03}};
};

TEST(Resume, AStepOfTwoOptimizers) {
  expect_one_training([](const Callbacks& more) {
    Players model;
    model.compile({.optimizer = SGD({.learning_rate = 0.1, .momentum = 0.9})});
    return with_history(model, model.fit(make_rows(test::sample_tensor({77, 4}, DType::f32),
                                                   test::sample_tensor({77, 3}, DType::f32, 5)),
                                         fit_with({}, more)));
  });
}

// --- alone, with what callbacks write ------------------------------------------------------------

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return (std::ostringstream() << file.rdbuf()).str();
}

struct Small {
  explicit Small(int64_t units = 6) : model({Dense(units, "tanh"), Dense(3)}) {}
  History fit(const Callbacks& callbacks, int64_t batch = 16) {
    model.compile({.optimizer = Adam({.learning_rate = 0.05}), .loss = "mse"});
    FitOptions fit = fit_with(callbacks, {});
    fit.batch_size = batch;
    return model.fit(make_rows(test::sample_tensor({77, 4}, DType::f32),
                               test::sample_tensor({77, 3}, DType::f32, 5)),
                     fit);
  }
  Sequential model;
};

void begin_anew(uint64_t seed = 7) {
  clear_session();
  set_random_seed(seed);
}

// What is in the event files of a folder, without the times.
std::vector<uintmax_t> event_sizes(const fs::path& folder) {
  std::vector<uintmax_t> sizes;
  for (const auto& file : fs::recursive_directory_iterator(folder))
    if (file.is_regular_file()) sizes.push_back(file.file_size());
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

TEST(Resume, LogsAreCutBackAndGoOn) {
  const Folder undisturbed, crashed;
  const auto loggers = [](const Folder& folder) -> Callbacks {
    return {std::make_shared<CSVLogger>(folder / "log.csv"),
            std::make_shared<TensorBoard>(TensorBoardOptions{.log_dir = folder / "events"})};
  };
  begin_anew();
  Small().fit(loggers(undisturbed));
  for (const int64_t steps : {11, 14}) {
    begin_anew();
    Callbacks callbacks = loggers(crashed);
    callbacks.push_back(std::make_shared<BackupAndRestore>(crashed / "backup"));
    callbacks.push_back(std::make_shared<CrashAt>(Boundary::step, steps));
    EXPECT_THROW(Small().fit(callbacks), Crash);
    std::ofstream(crashed / "log.csv", std::ios::app) << "written after the last checkpoint\n";
  }
  begin_anew();
  Callbacks callbacks = loggers(crashed);
  callbacks.push_back(std::make_shared<BackupAndRestore>(crashed / "backup"));
  Small().fit(callbacks);
  EXPECT_EQ(text_of(crashed / "log.csv"), text_of(undisturbed / "log.csv"));
  EXPECT_EQ(event_sizes(crashed / "events"), event_sizes(undisturbed / "events"));
  EXPECT_TRUE(fs::is_empty(crashed / "backup"));  // training is done
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data);
    return error.what();
  }
  return "accepted";
}

TEST(Resume, AnotherTrainingIsRefusedByName) {
  const Folder folder;
  const auto backup = [&] {
    return Callbacks{std::make_shared<BackupAndRestore>(
        BackupAndRestoreOptions{.backup_dir = folder / "backup", .delete_checkpoint = false})};
  };
  begin_anew();
  Small().fit(backup());
  begin_anew();
  EXPECT_THAT(refusal([&] { Small(7).fit(backup()); }), HasSubstr("dense/kernel"));
  begin_anew(8);
  EXPECT_THAT(refusal([&] { Small().fit(backup()); }), HasSubstr("the seed is 8"));
  begin_anew();
  EXPECT_THAT(refusal([&] { Small().fit(backup(), 8); }), HasSubstr("batches of the same size"));
  begin_anew();
  EXPECT_EQ(refusal([&] { Small().fit(backup()); }), "accepted");
  std::ofstream(folder / "backup/step-000000000016/shard-0.safetensors") << "gone";
  begin_anew();
  EXPECT_EQ(refusal([&] { Small().fit(backup()); }), "accepted");  // it begins, there is no other
}

// More epochs go on from the last one's state.
TEST(Resume, OfATrainingThatIsDoneTrainsFurther) {
  const Folder folder;
  const auto run = [](int64_t epochs, const Callbacks& callbacks) {
    begin_anew();
    Sequential model({Dense(3)});
    model.compile({.optimizer = Adam({.learning_rate = 0.05}), .loss = "mse"});
    FitOptions fit = fit_with(callbacks, {});
    fit.epochs = epochs;
    const History history = model.fit(make_rows(test::sample_tensor({77, 4}, DType::f32),
                                                test::sample_tensor({77, 3}, DType::f32, 5)),
                                      fit);
    return with_history(model, history);
  };
  const auto saving = [&] { return saving_to(folder.path, 0); };
  const Record four = run(4, saving());
  EXPECT_EQ(difference(run(4, saving()), four), "");
  EXPECT_EQ(difference(run(6, saving()), run(6, {})), "");
}

TEST(Resume, WhatIsSavedAtAnEpochsLastStepIsTheStateAfterTheEpoch) {
  const Folder folder;
  begin_anew();
  const History history = Small().fit({std::make_shared<Checkpointing>(
      CheckpointingOptions{.folder = folder.path, .every_steps = 2, .score = "val_loss"})});
  const auto newest = newest_checkpoint(folder.path);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->step(), 16);
  EXPECT_EQ(newest->values().find("position")->find("epoch")->as_int(), 4);
  EXPECT_EQ(newest->values().find("position")->find("batch")->as_int(), 0);
  EXPECT_EQ(newest->score(), history["val_loss"].back());
}

TEST(Resume, AskedToStopTheStateIsSavedAtTheNextStep) {
  const Folder folder;
  begin_anew();
  const Record whole = [] {
    Small small;
    return with_history(small.model, small.fit({}));
  }();
  begin_anew();
  const Callbacks stopping{std::make_shared<Checkpointing>(
      CheckpointingOptions{.folder = folder.path, .stop_asked = [] { return true; }})};
  try {
    Small().fit(stopping);
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::stopped);
    EXPECT_THAT(error.what(), HasSubstr("--resume"));
  }
  begin_anew();
  Small small;
  EXPECT_EQ(difference(with_history(small.model, small.fit(saving_to(folder.path, 0))), whole), "");
}

}  // namespace
}  // namespace tutti
