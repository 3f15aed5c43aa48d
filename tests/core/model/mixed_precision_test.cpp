// The policy mixed_bfloat16: what computes in which dtype, as in Keras, and that it learns, with
// the same bits on any number of ranks.
#include <set>

#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/layers/row_normalizations.h"
#include "core/model/sequential.h"
#include "core/ops/cast.h"
#include "core/ops/matmul.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/loss_scale_optimizer.h"
#include "core/optimizers/sgd.h"
#include "tests/core/model/waves.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

using test::Json, test::labels_below, test::wave;

// Layers that are made while it lives have the policy.
struct PolicyScope {
  explicit PolicyScope(const char* name) { set_dtype_policy(name); }
  ~PolicyScope() { set_dtype_policy(DTypePolicy()); }
};

TEST(MixedPrecision, PoliciesHaveKerasNames) {
  const DTypePolicy mixed("mixed_bfloat16");
  EXPECT_EQ(mixed.compute, DType::bf16);
  EXPECT_EQ(mixed.variable, DType::f32);
  for (const char* name : {"mixed_bfloat16", "mixed_float16", "float32", "float64", "bfloat16"})
    EXPECT_EQ(DTypePolicy(name).name(), name);
  EXPECT_NE(test::error_of([] { DTypePolicy("mixed_bfloat61"); }).find("'mixed_bfloat16'"),
            std::string::npos);
  EXPECT_NE(test::error_of([] { DTypePolicy("float23"); }).find("[dtype]"), std::string::npos);
}

// A product of halves is the product in float32 of what they hold, rounded once.
TEST(MixedPrecision, AProductIsRoundedOnce) {
  const Tensor a = test::sample_tensor({5, 70}, DType::f32).to(DType::bf16),
               b = test::sample_tensor({70, 40}, DType::f32, 3).to(DType::bf16);
  const Tensor got = matmul(a, b);
  EXPECT_EQ(got.dtype(), DType::bf16);
  EXPECT_EQ(got.to_vector<double>(),
            matmul(a.to(DType::f32), b.to(DType::f32)).to(DType::bf16).to_vector<double>());
}

Tensor example_input(const Json& item, size_t i) {
  const Shape shape(item["inputs"][i].get<std::vector<int64_t>>());
  const auto below = item["below"].get<int64_t>();
  if (below > 0) return labels_below(below, shape.elements()).reshape(shape);
  return test::sample_tensor(shape, DType::f32, static_cast<int>(i));
}

TEST(MixedPrecision, LayersComputeInTheDtypesOfKeras) {
  const Json golden = test::golden("mixed");
  for (const auto& item : golden["cases"]) {
    const auto name = item["name"].get<std::string>();
    SCOPED_TRACE(name + item["arguments"].dump());
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < item["inputs"].size(); ++i) inputs.push_back(example_input(item, i));
    std::vector<Tensor> wide;
    for (const char* policy : {"float32", "mixed_bfloat16"}) {
      set_random_seed(3);
      clear_session();
      Json arguments = item["arguments"];
      arguments["dtype"] = policy;
      const auto layer = make_layer(test::call_of(name, arguments));
      const auto outputs =
          test::run_traced(inputs, [&](const auto& in) { return layer->apply(in); });
      if (wide.empty()) {
        wide = outputs;
        continue;
      }
      ASSERT_EQ(outputs.size(), item["outputs"].size());
      for (size_t i = 0; i < outputs.size(); ++i) {
        EXPECT_EQ(name_of(outputs[i].dtype()), item["outputs"][i].get<std::string>());
        test::expect_close(outputs[i], wide[i], 0.03, 0.06);
      }
      const auto weights = layer->weights();
      ASSERT_EQ(weights.size(), item["weights"].size());
      for (size_t i = 0; i < weights.size(); ++i)
        EXPECT_EQ(name_of(weights[i]->dtype()), item["weights"][i].get<std::string>());
    }
  }
}

std::unique_ptr<Sequential> mixed_net() {
  const PolicyScope scope("mixed_bfloat16");
  const Dense last({.units = 3, .activation = "softmax"});
  last->set_dtype("float32");
  return std::make_unique<Sequential>(std::initializer_list<LayerHandle>{
      Dense(16, "tanh"), LayerNormalization(), Dense(8, "relu"), last});
}

TEST(MixedPrecision, FitsAsKeras) {
  const Json golden = test::golden("mixed")["fit"];
  const auto model = mixed_net();
  model->build_graph({{"", {3}, DType::f32}});
  test::set_waves(*model);
  model->compile({.optimizer = Adam(0.01),
                  .loss = "sparse_categorical_crossentropy",
                  .metrics = {"accuracy"}});
  for (size_t i = 0; i < model->layers().size(); ++i) {
    const auto& layer = *model->layers()[i];
    EXPECT_EQ(layer.dtype_policy().name(), golden["layers"][i].get<std::string>());
    EXPECT_EQ(name_of(layer.output().dtype()), golden["outputs"][i].get<std::string>());
  }
  const History history =
      model->fit(wave({48, 3}, 0.9, 0.1), labels_below(3, 48),
                 {.epochs = 8, .batch_size = 16, .verbose = 0, .shuffle = false});
  const auto& losses = history["loss"];
  for (size_t i = 0; i < losses.size(); ++i)
    EXPECT_NEAR(losses[i], golden["history"]["loss"][i].get<double>(), 0.01 * losses[i]);
}

TEST(MixedPrecision, GivesTheSameBitsInAnyWorld) {
  test::expect_same_bits([] {
    const auto model = mixed_net();
    model->compile({.optimizer = Adam({.learning_rate = 0.01, .clipnorm = 0.5}),
                    .loss = "sparse_categorical_crossentropy",
                    .metrics = {"accuracy"}});
    return test::record_of(*model,
                           model->fit(test::sample_tensor({90, 6}, DType::f32), labels_below(3, 90),
                                      {.epochs = 2, .batch_size = 37, .verbose = 0}));
  });
}

TEST(MixedPrecision, ALayersConfigNamesItsPolicy) {
  const Dense dense(3);
  EXPECT_EQ(layer_config(*dense).as_map()[0].second.find("dtype"), nullptr);
  dense->set_dtype("mixed_bfloat16");
  const Config config = layer_config(*dense);
  EXPECT_EQ(config.as_map()[0].second.find("dtype")->as_string(), "mixed_bfloat16");
  EXPECT_EQ(make_layer(config)->dtype_policy(), DTypePolicy("mixed_bfloat16"));
}

TEST(MixedPrecision, Float16ScalesItsLoss) {
  const PolicyScope scope("mixed_float16");
  Sequential model({Dense(4, "tanh"), Dense(1)});
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const auto* scaled = dynamic_cast<const LossScaleOptimizer*>(&model.optimizer());
  ASSERT_NE(scaled, nullptr);
  const Tensor x = wave({16, 3}, 0.9, 0.1), y = wave({16, 1}, 0.4, 0.7);
  const History history = model.fit(x, y, {.epochs = 20, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  EXPECT_GT(model.optimizer().iterations(), 0);
  model.compile({.optimizer = SGD(0.1), .loss = "mse", .auto_scale_loss = false});
  EXPECT_EQ(dynamic_cast<const LossScaleOptimizer*>(&model.optimizer()), nullptr);
}

// What is not to be seen stays a number, also where a row sees nothing.
TEST(MixedPrecision, Float16TakesMasks) {
  const auto layer = make_layer(test::call_of(
      "MultiHeadAttention", {{"num_heads", 2}, {"key_dim", 3}, {"dtype", "mixed_float16"}}));
  const Tensor x = test::sample_tensor({2, 3, 4}, DType::f32);
  for (const double seen : {0.0, 1.0}) {
    const Tensor mask = Tensor::full({2, 3, 3}, seen);
    const Tensor y = test::run_one({x, mask}, [&](const std::vector<Value>& in) {
      return layer->apply({in[0], in[0], in[0], in[1]})[0];
    });
    for (const double value : y.to_vector<double>()) EXPECT_TRUE(std::isfinite(value)) << seen;
  }
}

TEST(MixedPrecision, WeightsOfHalvesAreNotTrained) {
  const PolicyScope scope("bfloat16");
  Sequential model({Dense(2)});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = wave({8, 3}, 0.9, 0.1), y = wave({8, 2}, 0.4, 0.7);
  EXPECT_EQ(model.predict(x).dtype(), DType::bf16);
  const std::string error = test::error_of([&] { model.fit(x, y, {.verbose = 0}); });
  EXPECT_NE(error.find("mixed_bfloat16"), std::string::npos) << error;
}

}  // namespace
}  // namespace tutti
