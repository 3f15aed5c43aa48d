// Layers against Keras: values, weights' names, penalties, statistics.
#include "core/layers/layer.h"

#include "core/layers/normalization.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::golden, test::run_one;

const test::EnterLayer kLayers[] = {
    {"Dense",
     {.arguments = {{"units", 3}, {"activation", "tanh"}, {"kernel_regularizer", "l2"}},
      .inputs = {{5, 4}}}},
    {"Dropout", {.arguments = {{"rate", 0.3}}, .inputs = {{5, 4}}}},
    {"Flatten", {.inputs = {{5, 2, 3}}}},
    {"Reshape", {.arguments = {{"target_shape", {3, -1}}}, .inputs = {{5, 2, 3}}}},
    {"Normalization",
     {.arguments = {{"mean", {1.0, 2.0}}, {"variance", {4.0, 9.0}}}, .inputs = {{5, 2}}}},
    {"Identity", {.inputs = {{5, 3}}}},
    {"ActivityRegularization", {.arguments = {{"l2", 0.1}}, .inputs = {{5, 3}}}},
};
const test::EnterLayer kMergingLayers[] = {
    {"Concatenate", {.inputs = {{5, 2}, {5, 3}}}},     {"Add", {.inputs = {{5, 3}, {5, 3}}}},
    {"Subtract", {.inputs = {{5, 3}, {5, 3}}}},        {"Multiply", {.inputs = {{5, 3}, {5, 3}}}},
    {"Average", {.inputs = {{5, 3}, {5, 3}, {5, 1}}}}, {"Maximum", {.inputs = {{5, 3}, {5, 3}}}},
    {"Minimum", {.inputs = {{5, 3}, {5, 3}}}},
};

TEST(Layers, EqualKeras) {
  const test::Json layers = golden("layers");
  for (const auto& item : layers["cases"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    const auto layer =
        make_layer(test::call_of(item["name"].get<std::string>(), item["arguments"]));
    std::vector<Tensor> inputs;
    for (const auto& input : item["inputs"]) inputs.push_back(test::tensor_of(input));
    run_one(inputs, [&](const auto& in) { return layer->apply(in)[0]; });
    const auto weights = layer->weights();
    ASSERT_EQ(weights.size(), item["weight_paths"].size());
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(weights[i]->name(),
                layer->name() + "/" + item["weight_paths"][i].get<std::string>());
      weights[i]->set_value(test::tensor_of(item["weights"][i]).to(weights[i]->dtype()));
    }
    std::vector<Value> losses;
    const Tensor y = run_one(inputs, [&](const auto& in) {
      const Value out = layer->apply(in)[0];
      losses = layer_call_of(out)->losses;
      return out;
    });
    test::expect_close(y, item["output"], 2e-6, 2e-6);
    ASSERT_EQ(losses.size(), item["losses"].size());
    if (losses.empty()) continue;
    const Tensor penalty = run_one(
        inputs, [&](const auto& in) { return layer_call_of(layer->apply(in)[0])->losses[0]; });
    test::expect_close(penalty, item["losses"][0], 2e-6, 2e-6);
  }
}

TEST(Layers, NormalizationAdaptsAsKeras) {
  const auto data = golden("layers")["adapt"];
  const Tensor rows = test::tensor_of(data["data"]);
  for (const auto& item : data["cases"]) {
    SCOPED_TRACE(item["axis"].dump());
    const auto layer = make_layer(test::call_of("Normalization", {{"axis", item["axis"]}}));
    static_cast<NormalizationLayer&>(*layer).adapt(rows);
    const auto weights = layer->weights();
    test::expect_close(weights[0]->value().reshape({weights[0]->value().elements()}), item["mean"]);
    test::expect_close(weights[1]->value().reshape({weights[1]->value().elements()}),
                       item["variance"]);
    test::expect_close(run_one({rows}, [&](const auto& in) { return layer->apply(in)[0]; }),
                       item["output"], 1e-5, 1e-5);
    EXPECT_TRUE(layer->trainable_weights().empty());
  }
}

}  // namespace
}  // namespace tutti
