// What every registered layer keeps: rows stay rows, gradients are those of its values, shards do
// not change a row, it comes back from its config with its weights, and it trains.
#include <gmock/gmock.h>

#include "core/activations/plain.h"
#include "core/layers/layer.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/finite_differences.h"
#include "tests/conformance/onnx_conformance.h"

namespace tutti {
namespace {

using test::Json, test::LayerExample;

std::vector<Tensor> inputs_of(const LayerExample& example, DType dtype) {
  std::vector<Tensor> inputs;
  for (const auto& shape : example.inputs) {
    if (!example.words.empty()) {
      std::vector<std::string> texts;
      for (size_t i = 0; i < static_cast<size_t>(shape.elements()); ++i)
        texts.push_back(example.words[i % example.words.size()]);
      inputs.push_back(Tensor::text(texts, shape));
      continue;
    }
    if (example.moves()) {
      inputs.push_back(test::sample_tensor(shape, dtype, static_cast<int>(inputs.size())));
      continue;
    }
    std::vector<double> numbers(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<double>(static_cast<int64_t>(i * 7) % example.below);
    inputs.push_back(Tensor::from(numbers, shape).to(DType::i64));
  }
  return inputs;
}

std::shared_ptr<Layer> layer_of(const std::string& name, const LayerExample& example,
                                const char* dtype) {
  Json arguments = example.arguments;
  arguments["dtype"] = dtype;
  return make_layer(test::call_of(name, arguments));
}

Tensor output_of(Layer& layer, const std::vector<Tensor>& inputs, test::RunOptions options = {}) {
  return test::run_one(
      inputs, [&](const auto& in) { return layer.apply(in)[0]; }, options);
}

// InputLayer is where values come from: it is called on nothing. Models have tests of their own.
TEST(LayerConformance, EveryRegisteredLayerHasAnExample) {
  EXPECT_THAT(test::kinds_without_example<LayerExample>("layer"),
              testing::ElementsAre("Functional", "InputLayer", "Sequential"));
}

TEST(LayerConformance, ALayerWithoutAnExampleIsNamed) {
  struct NobodyEnters {};
  std::vector<std::string> all;
  for (const KindInfo* kind : kinds_of("layer")) all.push_back(kind->name);
  EXPECT_EQ(test::kinds_without_example<NobodyEnters>("layer"), all);
}

TEST(LayerConformance, RowsStayRowsInAnyNumberOfShards) {
  for (const auto& [name, example] : test::examples<LayerExample>()) {
    SCOPED_TRACE(name);
    const auto layer = layer_of(name, example, "float32");
    const auto inputs = inputs_of(example, DType::f32);
    const Tensor whole = output_of(*layer, inputs);
    EXPECT_EQ(whole.shape()[0], 5);
    EXPECT_EQ(output_of(*layer, inputs, {.shards = 4}).to_vector<float>(),
              whole.to_vector<float>());
    // Each row alone: the same bits.
    for (int64_t row = 0; row < 5; ++row) {
      std::vector<Tensor> one;
      for (const auto& input : inputs) one.push_back(input.slice_rows(row, row + 1));
      EXPECT_EQ(output_of(*layer, one).to_vector<float>(),
                whole.slice_rows(row, row + 1).to_vector<float>());
    }
  }
}

std::vector<VariablePtr> moving_weights(const LayerExample& example, const Layer& layer) {
  return example.assigns_weights ? std::vector<VariablePtr>() : layer.trainable_weights();
}

// What a layer's values may move with: its inputs, where they are numbers, then its weights.
std::vector<Value> moving(const LayerExample& example, const Layer& layer,
                          const std::vector<Value>& inputs) {
  std::vector<Value> values;
  if (example.moves()) values = inputs;
  for (const auto& weight : moving_weights(example, layer)) values.push_back(weight->read());
  return values;
}

using LossOf = std::function<Value(const std::vector<Value>& inputs)>;

// The gradients of a scalar of the layer's inputs and weights against central differences.
void expect_gradients(const LayerExample& example, const Layer& layer,
                      const std::vector<Tensor>& inputs, const LossOf& loss) {
  std::vector<Tensor> moved;
  if (example.moves()) moved = inputs;
  for (const auto& weight : moving_weights(example, layer)) moved.push_back(weight->value());
  const auto zeros_unless = [](const Value& slope, const Value& of) {
    return slope.defined() ? slope : of * 0.0;  // nothing depends on it
  };
  const auto slopes = test::run_traced(inputs,
                                       [&](const auto& in) {
                                         const auto wrt = moving(example, layer, in);
                                         auto all = gradients(sum_rows(loss(in)), wrt);
                                         for (size_t i = 0; i < all.size(); ++i)
                                           all[i] = zeros_unless(all[i], wrt[i]);
                                         return all;
                                       },
                                       {.training = true});
  test::TracedRun run(inputs, [&](const auto& in) { return std::vector<Value>{loss(in)}; },
                      {.training = true});
  const auto value = [&] { return run(inputs)[0].item(); };
  for (size_t i = 0; i < slopes.size(); ++i) {
    SCOPED_TRACE(i < moved.size() - moving_weights(example, layer).size() ? "input" : "weight");
    test::expect_differences(moved[i], slopes[i], value);
  }
}

TEST(LayerConformance, GradientsAreThoseOfTheValues) {
  for (const auto& [name, example] : test::examples<LayerExample>()) {
    SCOPED_TRACE(name);
    const auto layer = layer_of(name, example, "float64");
    const auto inputs = inputs_of(example, DType::f64);
    output_of(*layer, inputs);
    expect_gradients(example, *layer, inputs, [&](const std::vector<Value>& in) {
      return test::weighted_sum(layer->apply(in)[0]);
    });
  }
}

// What a penalty on gradients needs: gradients of gradients, by inputs and by weights.
TEST(LayerConformance, GradientsHaveGradients) {
  for (const auto& [name, example] : test::examples<LayerExample>()) {
    SCOPED_TRACE(name);
    const auto layer = layer_of(name, example, "float64");
    const auto inputs = inputs_of(example, DType::f64);
    output_of(*layer, inputs);
    if (moving(example, *layer, std::vector<Value>(inputs.size())).empty()) continue;
    expect_gradients(example, *layer, inputs, [&](const std::vector<Value>& in) {
      const Value sum = sum_rows(test::weighted_sum(layer->apply(in)[0]));
      Value penalty(0.0);
      for (const Value& slope : gradients(sum, moving(example, *layer, in)))
        if (slope.defined()) penalty = penalty + sum_rows(test::weighted_sum(sum_rows(slope)));
      return penalty;
    });
  }
}

TEST(LayerConformance, ComesBackFromItsConfigAndWeights) {
  for (const auto& [name, example] : test::examples<LayerExample>()) {
    SCOPED_TRACE(name);
    const auto layer = layer_of(name, example, "float32");
    const auto inputs = inputs_of(example, DType::f32);
    const Tensor expected = output_of(*layer, inputs);
    const auto again = make_layer(layer_config(*layer));
    EXPECT_EQ(layer_config(*again), layer_config(*layer));
    EXPECT_EQ(again->name(), layer->name());
    output_of(*again, inputs);
    ASSERT_EQ(again->weights().size(), layer->weights().size());
    for (size_t i = 0; i < layer->weights().size(); ++i) {
      EXPECT_EQ(again->weights()[i]->name(), layer->weights()[i]->name());
      again->weights()[i]->set_value(layer->weights()[i]->value());
    }
    EXPECT_EQ(output_of(*again, inputs).to_vector<float>(), expected.to_vector<float>());
  }
}

TEST(LayerConformance, TravelsByOnnx) {
  for (const auto& [name, example] : test::examples<LayerExample>()) {
    SCOPED_TRACE(name);
    const auto layer = layer_of(name, example, "float32");
    test::expect_travels_by_onnx(*layer, inputs_of(example, DType::f32));
  }
}

TEST(LayerConformance, Trains) {
  for (const auto& [name, example] : test::examples<LayerExample>()) {
    const auto layer = layer_of(name, example, "float32");
    const auto inputs = inputs_of(example, DType::f32);
    output_of(*layer, inputs);
    const auto weights = layer->trainable_weights();
    if (weights.empty()) continue;
    SCOPED_TRACE(name);
    SGD sgd(LearningRate(0.01));
    sgd.build(weights, local_reducer());
    const auto step = [&] {
      return test::run_one(inputs,
                           [&](const auto& in) {
                             Value loss = sum_rows(test::weighted_sum(layer->apply(in)[0]));
                             for (const auto& penalty : layer->regularization_losses())
                               loss = loss + penalty;
                             std::vector<Value> wrt;
                             for (const auto& weight : weights) wrt.push_back(weight->read());
                             sgd.apply(split_gradients(loss, wrt), {5, 1, 0, 1});
                             return loss;
                           },
                           {.training = true})
          .item();
    };
    const double first = step();
    for (int i = 0; i < 10; ++i) step();
    EXPECT_LT(step(), first);
  }
}

}  // namespace
}  // namespace tutti
