// The world is invisible to whole trainings as lessons have them: weights, moving statistics, the
// optimizer's state, averages, and every number of the history, from a net of each kind, with what
// decides between epochs.
#include "core/callbacks/early_stopping.h"
#include "core/callbacks/learning_rates.h"
#include "core/graph/gradient.h"
#include "core/layers/activation_layers.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/merging.h"
#include "core/layers/multi_head_attention.h"
#include "core/layers/pooling.h"
#include "core/layers/reshaping.h"
#include "core/layers/row_normalizations.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"
#include "core/ops/random_uniform.h"
#include "core/ops/reduce.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/cosine_decays.h"
#include "core/optimizers/sgd.h"
#include "tests/core/model/waves.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

using test::difference, test::labels_below, test::Record;

// The shares of a parameter group's state, put together.
Record with_state(Record record, const Optimizer& optimizer) {
  Reducer& reducer = *current_world().reducer;
  for (const Optimizer* part : optimizer.parts()) {
    const auto& group = *part->group();
    for (const auto& variable : part->variables()) {
      if (variable->kind() != ValueKind::share) {
        test::record_tensor(record, variable->name(), variable->value());
        continue;
      }
      Tensor whole = Tensor::empty({group.elements()}, variable->dtype());
      reducer.gather(variable->dtype(), variable->value().raw(), whole.raw(), group.shares());
      test::record_tensor(record, variable->name(), whole);
    }
  }
  return record;
}

// A loss of pairs of rows and metrics that count over all rows.
FitOptions lesson_fit() {
  FitOptions fit{.epochs = 4, .batch_size = 16, .verbose = 0, .validation_split = 0.2};
  fit.callbacks = {std::make_shared<EarlyStopping>(EarlyStoppingOptions{
                       .monitor = "val_loss", .patience = 1, .restore_best_weights = true}),
                   std::make_shared<ReduceLROnPlateau>(ReduceLROnPlateauOptions{
                       .monitor = "val_loss", .factor = 0.5, .patience = 0, .min_delta = 0.1})};
  return fit;
}

Record train(Model& model, const RowSourcePtr& rows, const FitOptions& fit) {
  const History history = model.fit(rows, fit);
  return with_state(test::record_of(model, history), model.optimizer());
}

void expect_one_training(const test::Job& job) {
  const Record alone = test::run_on(1, 1, 4, job);
  for (const int world : {2, 3, 4})
    EXPECT_EQ(difference(test::run_on(world, 2, 4, job), alone), "") << world << " ranks";
}

AdamOptions averaged_adam() {
  return {.learning_rate = 0.02,
          .clipnorm = 0.5,
          .use_ema = true,
          .ema_momentum = 0.9,
          .gradient_accumulation_steps = 2};
}

TEST(SameBitsOfShapes, AConvolutionalNetWithBatchStatisticsAndDropout) {
  expect_one_training([] {
    Sequential model({Conv2D({.filters = 4, .kernel_size = 3, .padding = "same"}),
                      BatchNormalization(), ReLU(), MaxPooling2D(), Flatten(), Dropout(0.3),
                      Dense(5, "softmax")});
    model.compile({.optimizer = Adam(averaged_adam()),
                   .loss = "sparse_categorical_crossentropy",
                   .metrics = {"accuracy"}});
    FitOptions fit = lesson_fit();
    fit.class_weight = {{0, 2.0}, {1, 0.5}};
    return train(
        model, make_rows(test::sample_tensor({61, 6, 6, 1}, DType::f32), labels_below(5, 61)), fit);
  });
}

TEST(SameBitsOfShapes, AnLstmThatWarmsUp) {
  expect_one_training([] {
    Sequential model({Embedding(7, 5), LSTM({.units = 6, .dropout = 0.2}), Dense(1, "sigmoid")});
    const CosineDecay rate({.initial_learning_rate = 0.0,
                            .decay_steps = 12,
                            .warmup_target = 0.05,
                            .warmup_steps = 4});
    AdamOptions options = averaged_adam();
    options.learning_rate = rate;
    model.compile(
        {.optimizer = Adam(options), .loss = "dice", .metrics = {"auc", "precision", "recall"}});
    FitOptions fit = lesson_fit();
    fit.callbacks.pop_back();  // a schedule sets the rate
    return train(model,
                 make_rows(labels_below(7, 61 * 5).reshape({61, 5}),
                           labels_below(2, 61).to(DType::f32).reshape({61, 1})),
                 fit);
  });
}

TEST(SameBitsOfShapes, ATransformer) {
  expect_one_training([] {
    const Value words = Input({6}, "", DType::i64);
    Value x = Embedding(9, 8)(words);
    const Value y =
        MultiHeadAttention({.num_heads = 2, .key_dim = 4, .dropout = 0.1})(std::vector{x, x});
    x = LayerNormalization()(Add()(std::vector{x, y}));
    x = LayerNormalization()(Add()(std::vector{x, Dense(8)(Dense(12, "gelu")(x))}));
    Model model(words, Dense(4)(GlobalAveragePooling1D()(x)));
    model.compile({.optimizer = Adam(averaged_adam()),
                   .loss = Ref<Loss>(test::call_of("Circle", {{"gamma", 4.0}})),
                   .metrics = {"mean"}});
    return train(model, make_rows(labels_below(9, 61 * 6).reshape({61, 6}), labels_below(5, 61)),
                 lesson_fit());
  });
}

// Draws its code, and says how far its distribution is from a standard one.
class CodeLayer final : public Layer {
 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override {
    const Value &mean = inputs[0], &log_variance = inputs[1];
    add_loss(-0.05 * reduce_mean(1.0 + log_variance - square(mean) - exp(log_variance)));
    return {mean + exp(0.5 * log_variance) * random_normal(mean)};
  }
};

TEST(SameBitsOfShapes, AVariationalAutoencoder) {
  expect_one_training([] {
    const Value x = Input({6});
    const Value hidden = Dense(8, "relu")(x);
    const LayerHandle code(std::make_shared<CodeLayer>());
    Model model(x,
                Dense(6)(Dense(8, "relu")(code(std::vector{Dense(2)(hidden), Dense(2)(hidden)}))));
    model.compile({.optimizer = Adam(averaged_adam()), .loss = "mse", .metrics = {"r2_score"}});
    const Tensor data = test::sample_tensor({61, 6}, DType::f32);
    return train(model, make_rows(data, data), lesson_fit());
  });
}

// A generator and a critic whose slope is held near one.
class PenalizedGan final : public Model {
 public:
  void train_step(const StepData& data, StepReport& report) override {
    const Value real = data.y[0], fake = stop_gradient(generate(data.x[0]));
    const Value share = random_uniform(reduce_sum(real, {1}, /*keepdims=*/true));
    const Value between = share * real + (1.0 - share) * fake;
    const Value slope = gradients(sum_rows(reduce_sum(judge(between))), {between})[0];
    const Value norm = sqrt(reduce_sum(square(slope), {1}) + 1e-12);
    const Value critic_loss =
        sum_rows(reduce_mean(judge(fake) - judge(real)) + 10.0 * reduce_mean(square(norm - 1.0)));
    minimize(critic_loss, data, critic_optimizer_, weights_of({critic_hidden_, critic_out_}));
    const Value loss = sum_rows(-reduce_mean(judge(generate(data.x[0]))));
    minimize(loss, data, optimizer(), weights_of({generator_hidden_, generator_out_}));
    report.mean("critic_loss", critic_loss);
    report.mean("loss", loss);
  }
  void test_step(const StepData& data, StepReport& report) override {
    report.mean("loss", sum_rows(-reduce_mean(judge(generate(data.x[0])))));
  }
  const Optimizer& critic_optimizer() const { return critic_optimizer_; }

 protected:
  Value call(const Value& x) override { return judge(generate(x)); }

 private:
  Value generate(const Value& x) const { return generator_out_(generator_hidden_(x)); }
  Value judge(const Value& x) const { return critic_out_(critic_hidden_(x)); }
  static std::vector<VariablePtr> weights_of(const std::vector<LayerHandle>& layers) {
    std::vector<VariablePtr> all;
    for (const auto& layer : layers)
      for (const auto& variable : layer->trainable_weights()) all.push_back(variable);
    return all;
  }

  Dense generator_hidden_{12, "tanh"}, generator_out_{3}, critic_hidden_{10, "tanh"},
      critic_out_{1};
  Adam critic_optimizer_{averaged_adam()};
};

TEST(SameBitsOfShapes, AGanOfTwoOptimizersAndAPenaltyOnASlope) {
  expect_one_training([] {
    PenalizedGan model;
    model.compile({.optimizer = Adam(averaged_adam())});
    Record record = train(model,
                          make_rows(test::sample_tensor({61, 6}, DType::f32),
                                    test::sample_tensor({61, 3}, DType::f32, 5)),
                          lesson_fit());
    return with_state(std::move(record), model.critic_optimizer());
  });
}

}  // namespace
}  // namespace tutti
