// The world is invisible to the math: one job gives the same bits on any number of ranks and
// threads.
#include <set>

#include "core/callbacks/swap_ema_weights.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/sgd.h"
#include "core/regularizers/l1_l2.h"
#include "tests/conformance/graph_runner.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

using test::difference, test::expect_same_bits, test::Job, test::record_of, test::Record;

Tensor inputs(int64_t rows, int64_t width) {
  return test::sample_tensor({rows, width}, DType::f32);
}
Tensor targets(int64_t rows, int64_t width) {
  return test::sample_tensor({rows, width}, DType::f32, /*salt=*/5);
}

FitOptions quick(int64_t batch, int64_t epochs = 2) {
  FitOptions options;
  options.epochs = epochs;
  options.batch_size = batch;
  options.verbose = 0;
  return options;
}

// A job that trains these layers on `rows` rows of 6 numbers, 3 targets each.
Job stack_job(const std::function<std::vector<std::shared_ptr<Layer>>()>& layers,
              const Config& optimizer, int64_t rows, FitOptions fit) {
  return [=] {
    Sequential model(layers());
    model.compile({.optimizer = optimizer, .loss = "mse", .metrics = {"mae"}});
    const Tensor x = inputs(rows, 6);
    const History history = model.fit(x, targets(rows, 3), fit);
    Record record = record_of(model, history);
    test::record_tensor(record, "predictions", model.predict(x, 16));
    const Logs tested = model.evaluate(x, targets(rows, 3), 24);
    for (const auto& [name, value] : tested.entries())
      record.push_back({"tested " + name, {value}});
    return record;
  };
}

std::vector<std::shared_ptr<Layer>> plain() {
  return {Dense(20, "relu").pointer(), Dense(9, "tanh").pointer(), Dense(3).pointer()};
}

Config adam() { return Config(Config::Map{{"Adam", Config::Map{{"learning_rate", 0.01}}}}); }
Config adam(const char* argument, Config value) {
  return Config(Config::Map{{"Adam", Config::Map{{"learning_rate", 0.01}, {argument, value}}}});
}

TEST(SameBits, OfAPlainStack) { expect_same_bits(stack_job(plain, adam(), 96, quick(32))); }

TEST(SameBits, OfABatchOf37WithAnOddLastOne) {
  expect_same_bits(stack_job(plain, adam(), 100, quick(37)));
}

// The last batch has one row: most ranks have none of it. The layers are wide enough to be tiled.
TEST(SameBits, OfALastBatchWithFewerRowsThanRanks) {
  const auto wide = [] {
    return std::vector<std::shared_ptr<Layer>>{Dense(300, "relu").pointer(),
                                               Dense(400, "tanh").pointer(), Dense(3).pointer()};
  };
  expect_same_bits(stack_job(wide, adam(), 33, quick(32)));
}

TEST(SameBits, WithSampleWeights) {
  FitOptions fit = quick(32);
  fit.sample_weight = test::sample_tensor({96}, DType::f32, 3);
  for (float& weight : fit.sample_weight.span<float>()) weight = std::abs(weight);
  expect_same_bits(stack_job(plain, adam(), 96, fit));
}

TEST(SameBits, WithDropout) {
  const auto layers = [] {
    return std::vector<std::shared_ptr<Layer>>{Dense(20, "relu").pointer(), Dropout(0.3).pointer(),
                                               Dense(3).pointer()};
  };
  expect_same_bits(stack_job(layers, adam(), 96, quick(32)));
}

TEST(SameBits, WithSeededDropout) {
  const auto layers = [] {
    return std::vector<std::shared_ptr<Layer>>{Dense(20, "relu").pointer(),
                                               Dropout({.rate = 0.3, .seed = 5}).pointer(),
                                               Dropout(0.2).pointer(), Dense(3).pointer()};
  };
  expect_same_bits(stack_job(layers, adam(), 96, quick(32)));
}

TEST(SameBits, WithAveragesAndAccumulation) {
  const Config optimizer(Config::Map{{"AdamW", Config::Map{{"learning_rate", 0.01},
                                                           {"clipnorm", 0.05},
                                                           {"use_ema", true},
                                                           {"ema_overwrite_frequency", 2},
                                                           {"loss_scale_factor", 10.0},
                                                           {"gradient_accumulation_steps", 2}}}});
  expect_same_bits(stack_job(plain, optimizer, 100, quick(37)));
}

TEST(SameBits, ValidatedAndLeftWithAverages) {
  expect_same_bits([] {
    FitOptions fit = quick(32);
    fit.validation_split = 0.3;
    fit.callbacks = {
        std::make_shared<SwapEMAWeights>(SwapEMAWeightsOptions{.swap_on_epoch = true})};
    return stack_job(plain, adam("use_ema", true), 100, fit)();
  });
}

TEST(SameBits, WithClipnorm) {
  expect_same_bits(stack_job(plain, adam("clipnorm", 0.05), 96, quick(32)));
}

TEST(SameBits, WithGlobalClipnorm) {
  expect_same_bits(stack_job(plain, adam("global_clipnorm", 0.05), 96, quick(32)));
}

TEST(SameBits, WithL2) {
  const auto layers = [] {
    return std::vector<std::shared_ptr<Layer>>{
        Dense({.units = 20, .activation = "relu", .kernel_regularizer = "l2"}).pointer(),
        Dense({.units = 3, .activity_regularizer = "l2"}).pointer()};
  };
  expect_same_bits(stack_job(layers, adam(), 96, quick(32)));
}

TEST(SameBits, WithValidationAndClassWeights) {
  const Job job = [] {
    Sequential model({Dense(20, "relu"), Dense(4, "softmax")});
    model.compile({.optimizer = "adam",
                   .loss = "sparse_categorical_crossentropy",
                   .metrics = {"accuracy"},
                   .weighted_metrics = {"accuracy"}});
    std::vector<int64_t> labels(90);
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int64_t>(i * i % 4);
    FitOptions fit = quick(32);
    fit.validation_split = 0.2;
    fit.class_weight = {{0, 0.5}, {1, 2.0}};
    return record_of(model, model.fit(inputs(90, 6), Tensor::from(labels, {90}), fit));
  };
  expect_same_bits(job);
}

TEST(SameBits, OfThreeShardsOnTwoRanks) {
  const Job job = stack_job(plain, adam(), 96, quick(32));
  const Record alone = test::run_on(1, 1, 3, job);
  EXPECT_EQ(difference(test::run_on(2, 1, 3, job), alone), "");
  EXPECT_EQ(difference(test::run_on(2, 2, 3, job), alone), "");
  EXPECT_EQ(difference(test::run_on(3, 1, 3, job), alone), "");
  // The first rank owns one shard, the second two: it alone has two passes.
  const test::InPasses short_of_memory = test::run_short_of_memory(2, 3, job, /*memory=*/1);
  EXPECT_EQ(difference(short_of_memory.record, alone), "");
  EXPECT_EQ(short_of_memory.passes, 2);
}

// The less memory a step may take, the more passes.
TEST(SameBits, OfAnyNumberOfPassesOverTheShards) {
  const auto wide = [] {
    return std::vector<std::shared_ptr<Layer>>{Dense(20, "relu").pointer(), Dropout(0.3).pointer(),
                                               Dense(40, "softmax").pointer(), Dense(3).pointer()};
  };
  const Job job = stack_job(wide, adam(), 700, quick(300));
  const Record alone = test::run_on(1, 1, 16, job);
  for (const int world : {1, 2, 3}) {
    std::set<int> seen;
    int before = 1;
    for (size_t memory = 1 << 20; memory > 10000; memory = memory * 3 / 4) {
      const test::InPasses run = test::run_short_of_memory(world, 16, job, memory);
      EXPECT_EQ(difference(run.record, alone), "")
          << world << " ranks, " << run.passes << " passes";
      EXPECT_GE(run.passes, before);
      seen.insert(before = run.passes);
    }
    EXPECT_TRUE(seen.contains(1) && seen.contains(2) && seen.contains(4)) << world;
  }
}

// A loss that divides by the sum of all rows' weights needs it before the first gradient.
TEST(SameBits, WithAMeanByTheSumOfWeights) {
  const Job job = [] {
    Sequential model(plain());
    model.compile(
        {.optimizer = adam(),
         .loss = Config(Config::Map{
             {"MeanSquaredError", Config::Map{{"reduction", "mean_with_sample_weight"}}}})});
    FitOptions fit = quick(37);
    fit.sample_weight = test::sample_tensor({100}, DType::f32, 3);
    for (float& weight : fit.sample_weight.span<float>()) weight = std::abs(weight);
    return record_of(model, model.fit(inputs(100, 6), targets(100, 3), fit));
  };
  expect_same_bits(job);
}

TEST(SameBits, OfTheDefaultShards) {
  const Job job = stack_job(plain, adam(), 96, quick(32));
  const Record alone = test::run_on(1, 1, 0, job);
  EXPECT_EQ(difference(test::run_on(1, 1, 8, job), alone), "");
  for (const int world : {2, 3, 4})
    EXPECT_EQ(difference(test::run_on(world, 1, 0, job), alone), "") << world;
}

// Rows minus the mean of the global batch.
class CenterLayer final : public Layer {
 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override {
    return {only(inputs) - reduce_mean(only(inputs), {0}, /*keepdims=*/true)};
  }
};

std::vector<std::shared_ptr<Layer>> centered() {
  return {Dense(12, "tanh").pointer(), std::make_shared<CenterLayer>(), Dense(3).pointer()};
}

TEST(SameBits, WithALayerThatSubtractsTheBatchMean) {
  expect_same_bits(stack_job(centered, adam(), 100, quick(37)));
}

TEST(SameBits, OfASharedLayerWhoseGradientsAdd) {
  const Job job = [] {
    const Value input = Input({6});
    const Dense tower(6, "tanh");
    const Value once = tower(input), twice = tower(once);
    Model model(input, Dense(3)(twice * once));
    model.compile({.optimizer = adam(), .loss = "mse"});
    return record_of(model, model.fit(inputs(100, 6), targets(100, 3), quick(37)));
  };
  expect_same_bits(job);
}

// Adds the mean square of the outputs' gradient by the inputs to the loss.
class PenaltyModel final : public Model {
 public:
  using Model::Model;
  void train_step(const StepData& data, StepReport& report) override {
    const auto y_pred = apply(data.x);
    const Value slope = gradients(sum_rows(reduce_sum(y_pred[0])), {data.x[0]})[0];
    const Value penalty = reduce_mean(square(slope));
    const Value loss = compute_loss(data, y_pred, report);
    minimize(loss + penalty, data);
    report.mean("loss", loss);
    report.mean("penalty", penalty);
  }
};

Job penalty_job(const std::function<std::vector<std::shared_ptr<Layer>>()>& layers) {
  return [=] {
    const Value input = Input({6});
    Value x = input;
    for (const auto& layer : layers()) x = LayerHandle(layer)(x);
    PenaltyModel model(input, x);
    model.compile({.optimizer = adam(), .loss = "mse"});
    const History history = model.fit(inputs(100, 6), targets(100, 3), quick(37));
    EXPECT_GT(history["penalty"].back(), 0);
    return record_of(model, history);
  };
}

TEST(SameBits, WithAGradientPenaltyThroughTheBatchMean) {
  const auto layers = [] {
    return std::vector<std::shared_ptr<Layer>>{Dense(12, "tanh").pointer(),
                                               std::make_shared<CenterLayer>(),
                                               Dense(7, "tanh").pointer(), Dense(3).pointer()};
  };
  expect_same_bits(penalty_job(layers));
}

// A generator and a critic with an optimizer each, the generator's loss by the critic just updated.
class Adversaries final : public Model {
 public:
  Adversaries() { set_name("adversaries"); }
  void train_step(const StepData& data, StepReport& report) override {
    const Value real = critic_out_(critic_hidden_(data.y[0]));
    const Value fake = critic_out_(critic_hidden_(stop_gradient(generate(data.x[0]))));
    const Value critic_loss = sum_rows(reduce_mean(fake) - reduce_mean(real));
    minimize(critic_loss, data, critic_optimizer_, weights_of({critic_hidden_, critic_out_}));
    const Value judged = critic_out_(critic_hidden_(generate(data.x[0])));
    const Value loss = sum_rows(-reduce_mean(judged));
    minimize(loss, data, optimizer(), weights_of({generator_hidden_, generator_out_}));
    report.mean("critic_loss", critic_loss);
    report.mean("loss", loss);
  }

 protected:
  Value call(const Value& x) override { return critic_out_(critic_hidden_(generate(x))); }

 private:
  Value generate(const Value& x) const { return generator_out_(generator_hidden_(x)); }
  static std::vector<VariablePtr> weights_of(const std::vector<Dense>& layers) {
    std::vector<VariablePtr> all;
    for (const auto& layer : layers)
      for (const auto& variable : layer->trainable_weights()) all.push_back(variable);
    return all;
  }

  Dense generator_hidden_{12, "tanh"}, generator_out_{3};
  Dense critic_hidden_{10, "tanh"}, critic_out_{1};
  SGD critic_optimizer_{{.learning_rate = 0.05, .momentum = 0.9}};
};

TEST(SameBits, OfTwoOptimizersTheSecondOfWhichReadsTheFirstsResult) {
  const Job job = [] {
    Adversaries model;
    model.compile({.optimizer = adam(), .loss = "mse"});
    return record_of(model, model.fit(inputs(100, 6), targets(100, 3), quick(75)));
  };
  expect_same_bits(job);
}

// Adds what ranks bring in the order of ranks, as a plain all-reduce does: not the tree.
class RankOrderReducer final : public Reducer {
 public:
  explicit RankOrderReducer(Communicator& communicator) : inner_(communicator) {}
  int rank() const override { return inner_.rank(); }
  int world() const override { return inner_.world(); }
  void sum(const Partials& partials, void* out) override {
    if (partials.dtype != DType::f32) return inner_.sum(partials, out);
    const auto sums = rank_order(partials);
    std::copy(sums.begin(), sums.end(), static_cast<float*>(out));
  }
  void reduce_scatter(const Partials& partials, std::span<const int64_t> offsets,
                      void* out) override {
    const auto sums = rank_order(partials);
    const auto at = static_cast<size_t>(rank());
    std::copy(sums.begin() + offsets[at], sums.begin() + offsets[at + 1], static_cast<float*>(out));
  }
  void all_gather(DType dtype, void* full, std::span<const int64_t> offsets) override {
    inner_.all_gather(dtype, full, offsets);
  }
  void gather(DType dtype, const void* mine, void* full,
              std::span<const int64_t> offsets) override {
    inner_.gather(dtype, mine, full, offsets);
  }

 private:
  std::vector<float> rank_order(const Partials& partials) {
    const auto n = static_cast<size_t>(partials.elements);
    const auto roots = partials.layout.roots().size();
    const auto* data = static_cast<const float*>(partials.data);
    std::vector<float> mine(n), all(n * static_cast<size_t>(world())), total(n);
    for (size_t root = 0; root < roots; ++root)
      for (size_t i = 0; i < n; ++i)
        mine[i] += data[root * static_cast<size_t>(partials.root_stride) + i];
    std::vector<int64_t> offsets;
    for (int r = 0; r <= world(); ++r) offsets.push_back(r * partials.elements);
    inner_.gather(DType::f32, mine.data(), all.data(), offsets);
    for (size_t i = 0; i < all.size(); ++i) total[i % n] += all[i];
    return total;
  }

  CommunicatorReducer inner_;
};

TEST(SameBits, AreLostByAnotherOrderOfSummation) {
  const Job job = stack_job(plain, adam(), 96, quick(32));
  const Record alone = test::run_on(1, 1, 8, job);
  const auto rank_order = [](Communicator& communicator) -> std::unique_ptr<Reducer> {
    return std::make_unique<RankOrderReducer>(communicator);
  };
  EXPECT_NE(difference(test::run_on(3, 1, 8, job, rank_order), alone), "");
  EXPECT_NE(difference(test::run_on(7, 1, 8, job, rank_order), alone), "");
  EXPECT_NE(difference(test::run_on(1, 1, 4, job), alone), "") << "another tree";
}

}  // namespace
}  // namespace tutti
