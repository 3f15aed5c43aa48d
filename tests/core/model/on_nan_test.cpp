// Steps that go wrong: a NaN in one rank's row, a gradient that is not finite under a loss that is.
// All ranks decide alike, in that step, and nothing of it is kept.
#include <gmock/gmock.h>

#include <limits>
#include <mutex>

#include "core/base/error.h"
#include "core/callbacks/terminate_on_nan.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/dense.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/sgd.h"
#include "tests/core/model/waves.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

using test::difference, test::Record, test::wave;
using ::testing::HasSubstr;

constexpr int64_t kAllRows = 64, kBatch = 16, kBadRow = 37, kBadBatch = kBadRow / kBatch;

struct Rows {
  Tensor x, y;
};

// Four batches. `bad`: in the third, x of one row.
Rows rows_with(double bad) {
  Rows rows{wave({kAllRows, 4}, 0.37, 0.1), wave({kAllRows, 2}, 0.23, 0.5)};
  rows.x.data<float>()[kBadRow * 4 + 1] = static_cast<float>(bad);
  return rows;
}

// The same without that batch.
Rows rows_without() {
  const Rows all = rows_with(0);
  const auto but_bad = [](const Tensor& tensor) {
    const int64_t width = tensor.shape()[1];
    std::vector<double> values = tensor.to_vector<double>();
    const auto begin = values.begin() + kBadBatch * kBatch * width;
    values.erase(begin, begin + kBatch * width);
    return Tensor::from(values, {kAllRows - kBatch, width}).to(DType::f32);
  };
  return {but_bad(all.x), but_bad(all.y)};
}

FitOptions unshuffled(const std::string& on_nan, int64_t epochs = 2) {
  FitOptions fit{.epochs = epochs, .batch_size = kBatch, .verbose = 0, .shuffle = false};
  fit.on_nan = on_nan;
  return fit;
}

std::unique_ptr<Sequential> normalized() {
  auto model = std::make_unique<Sequential>(
      std::initializer_list<LayerHandle>{Dense(5, "tanh"), BatchNormalization(), Dense(2)});
  model->compile({.optimizer = Adam({.learning_rate = 0.05, .use_ema = true}),
                  .loss = "mse",
                  .metrics = {"mae"}});
  return model;
}

// Two players: the second learns from what the first has just become.
class Players final : public Model {
 public:
  void train_step(const StepData& data, StepReport& report) override {
    minimize(error(data), data, optimizer(), first_->trainable_weights());
    const Value later = error(data);
    minimize(later, data, other_, second_->trainable_weights());
    report.mean("loss", later);
  }

 protected:
  Value call(const Value& x) override { return second_(first_(x)); }

 private:
  Value error(const StepData& data) {
    return sum_rows(reduce_mean(square(second_(first_(data.x[0])) - data.y[0])));
  }
  Dense first_{5, "tanh"}, second_{2};
  Adam other_{{.learning_rate = 0.03}};
};

// The mean distance, whose gradient is NaN where it is 0.
class Distances final : public Model {
 public:
  void train_step(const StepData& data, StepReport& report) override {
    const Value rows = sqrt(reduce_sum(square(dense_(data.x[0]) - data.y[0]), {1}));
    const Value loss = sum_rows(reduce_mean(rows));
    minimize(loss, data);
    report.mean("loss", loss);
  }

 protected:
  Value call(const Value& x) override { return dense_(x); }

 private:
  Dense dense_{{.units = 2, .use_bias = false}};
};

Record trained(Model& model, const Rows& rows, const FitOptions& fit) {
  return test::record_of(model, model.fit(rows.x, rows.y, fit));
}

template <typename Make>
void expect_skipped(const Make& make, const Rows& bad) {
  testing::internal::CaptureStderr();
  const Record without = test::run_on(1, 1, 4, [&] {
    auto model = make();
    return trained(*model, rows_without(), unshuffled("stop"));
  });
  for (const int world : {1, 2, 3}) {
    SCOPED_TRACE(world);
    const Record skipped = test::run_on(world, 2, 4, [&] {
      auto model = make();
      return trained(*model, bad, unshuffled("skip"));
    });
    EXPECT_EQ(difference(skipped, without), "");
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("nothing of it is kept (on_nan skip: 2 so far)"));
}

TEST(OnNan, ASkippedStepIsAsIfItsBatchWereNotThere) {
  expect_skipped(normalized, rows_with(std::numeric_limits<double>::quiet_NaN()));
  expect_skipped(normalized, rows_with(std::numeric_limits<double>::infinity()));
}

TEST(OnNan, ASkippedStepOfTwoOptimizersIsSkippedByBoth) {
  expect_skipped(
      [] {
        auto model = std::make_unique<Players>();
        model->compile({.optimizer = SGD({.learning_rate = 0.1, .momentum = 0.9})});
        return model;
      },
      rows_with(std::numeric_limits<double>::quiet_NaN()));
}

Rows with_a_distance_of_0() {
  Rows rows = rows_with(0);
  for (int64_t i = 0; i < 4; ++i) rows.x.data<float>()[kBadRow * 4 + i] = 0;
  for (int64_t i = 0; i < 2; ++i) rows.y.data<float>()[kBadRow * 2 + i] = 0;
  return rows;
}

std::unique_ptr<Distances> distances() {
  auto model = std::make_unique<Distances>();
  model->compile({.optimizer = SGD(0.1)});
  return model;
}

TEST(OnNan, AGradientThatIsNotFiniteUnderALossThatIs) {
  expect_skipped(distances, with_a_distance_of_0());
}

// Its square would be infinite in the optimizer's state, and the parameter would not move again.
TEST(OnNan, AHugeGradientIsWrongToo) {
  const auto linear = [] {
    auto model = std::make_unique<Sequential>(std::initializer_list<LayerHandle>{Dense(2)});
    model->compile({.optimizer = Adam({.learning_rate = 0.05}), .loss = "mae"});
    return model;
  };
  expect_skipped(linear, rows_with(1e22));
}

// Where a rank runs its shards one after another, too.
TEST(OnNan, InPasses) {
  const auto job = [] {
    const auto model = normalized();
    return trained(*model, rows_with(std::numeric_limits<double>::quiet_NaN()), unshuffled("skip"));
  };
  testing::internal::CaptureStderr();
  const Record alone = test::run_on(1, 1, 4, job);
  testing::internal::GetCapturedStderr();
  for (const int world : {1, 2}) {
    const test::InPasses run = test::run_short_of_memory(world, 4, job, /*memory=*/1);
    EXPECT_GT(run.passes, 1);
    EXPECT_EQ(difference(run.record, alone), "");
  }
}

// What each rank's training ended with.
std::string stopped(int world, const std::function<std::unique_ptr<Model>()>& make,
                    const Rows& rows, const std::string& on_nan) {
  std::mutex mutex;
  std::vector<std::string> messages;
  test::run_on(world, 1, 4, [&] {
    auto model = make();
    try {
      model->fit(rows.x, rows.y, unshuffled(on_nan));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::numerics);
      const std::lock_guard lock(mutex);
      messages.push_back(error.what());
    }
    return Record{{"done", {1}}};
  });
  EXPECT_EQ(messages.size(), static_cast<size_t>(world));
  for (const auto& message : messages) EXPECT_EQ(message, messages[0]);
  return messages.empty() ? "" : messages[0];
}

constexpr const char* kRemedy =
    "; look at the rows of that batch, lower the learning rate, clip gradients (global_clipnorm), "
    "or go on without such steps (on_nan skip)";

TEST(OnNan, StopsNamingTheStepAndWhatIsNotFinite) {
  for (const int world : {1, 3})
    EXPECT_EQ(stopped(world, distances, with_a_distance_of_0(), "stop"),
              std::string("[fit] step 3 (epoch 1, batch 3): the gradient of 'dense/kernel' is NaN, "
                          "infinite or huge in 8 of 8 elements") +
                  kRemedy);
  EXPECT_THAT(stopped(2, normalized, rows_with(std::numeric_limits<double>::quiet_NaN()), "stop"),
              HasSubstr("step 3 (epoch 1, batch 3): the loss is nan, the gradient of"));
}

// Looking at the loss costs nothing, and it tells of the gradient a step later.
TEST(OnNan, StopsByDefaultWhereTheLossIsNotFinite) {
  for (const int world : {1, 3})
    EXPECT_EQ(stopped(world, distances, with_a_distance_of_0(), ""),
              std::string("[fit] step 4 (epoch 1, batch 4): the loss is nan, and 'dense/kernel' is "
                          "not finite") +
                  kRemedy);
  EXPECT_THAT(stopped(2, normalized, rows_with(std::numeric_limits<double>::quiet_NaN()), ""),
              HasSubstr("[fit] step 3 (epoch 1, batch 3): the loss is nan, and '"));
}

TEST(OnNan, AWrongGradientOfTheLastStepIsToldAtTheEnd) {
  clear_session();
  const auto model = distances();
  FitOptions fit = unshuffled("", 1);
  fit.steps_per_epoch = 3;
  const Rows rows = with_a_distance_of_0();
  try {
    model->fit(rows.x, rows.y, fit);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              std::string("[fit] training is done, and 'dense/kernel' is not finite") + kRemedy);
  }
}

TEST(OnNan, IsLeftToACallbackThatWatches) {
  clear_session();
  const auto model = normalized();
  FitOptions fit = unshuffled("");
  fit.callbacks = {std::make_shared<TerminateOnNaN>()};
  const Rows rows = rows_with(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(model->fit(rows.x, rows.y, fit).epochs().size(), 1u);
}

TEST(OnNan, IsOneOfFourWords) {
  clear_session();
  const auto model = normalized();
  const Rows rows = rows_with(0);
  try {
    model->fit(rows.x, rows.y, unshuffled("sikp"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[fit] on_nan is 'sikp'; use stop, skip, rollback or ignore");
  }
  EXPECT_NO_THROW(model->fit(rows.x, rows.y, unshuffled("ignore")));
}

}  // namespace
}  // namespace tutti
