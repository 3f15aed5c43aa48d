#include "tests/conformance/keras_layer_conformance.h"

#include "core/graph/gradient.h"
#include "core/layers/layer.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "tests/conformance/graph_runner.h"

namespace tutti::test {
namespace {

Tensor array_of(const Json& json) {
  Shape shape(json["shape"].get<std::vector<int64_t>>());
  const auto values = json["values"].get<std::vector<double>>();
  const bool integers = !json["values"].empty() && json["values"].front().is_number_integer();
  return Tensor::from(values, shape).to(integers ? DType::i64 : DType::f32);
}

void expect_array(const Tensor& got, const Json& want, const std::string& what) {
  SCOPED_TRACE(what);
  const Tensor expected = array_of(want);
  ASSERT_EQ(got.shape(), expected.shape());
  double largest = 1e-3;
  for (const double x : expected.to_vector<double>()) largest = std::max(largest, std::abs(x));
  expect_close(got, expected, 0, 1e-4 * largest);
}

// The sum over all rows of y times a ramp over all of its elements. The ramp is a row value, too:
// an input of its own.
Tensor ramp_like(const Shape& shape) {
  std::vector<double> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 7) / 8 - 0.25;
  return Tensor::from(values, shape).to(DType::f32);
}

class LayerGolden {
 public:
  explicit LayerGolden(const Json& item)
      : item_(item),
        layer_(make_layer(call_of(item["name"].get<std::string>(), item["arguments"]))) {
    for (const auto& input : item["inputs"]) inputs_.push_back(array_of(input));
    options_.training = item["training"].get<bool>();
  }

  void check(double rate, int steps) {
    run_traced(inputs_, [&](const auto& in) { return layer_->apply(in); });
    if (!set_weights()) return;
    check_output();
    if (item_["trained"].empty() && item_["input_gradient"].is_null()) return;
    check_gradients();
    for (int step = 0; step < steps; ++step) {
      const auto slopes = gradients_of_weights();
      const auto weights = layer_->trainable_weights();
      for (size_t i = 0; i < weights.size(); ++i)
        weights[i]->set_value(weights[i]->value() - slopes[i] * rate);
    }
    const auto weights = layer_->trainable_weights();
    for (size_t i = 0; i < weights.size(); ++i)
      expect_array(weights[i]->value(), item_["trained"][i], "trained " + weights[i]->name());
  }

 private:
  bool set_weights() {
    const auto weights = layer_->weights();
    EXPECT_EQ(weights.size(), item_["weights"].size());
    if (weights.size() != item_["weights"].size()) return false;
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(weights[i]->name(),
                layer_->name() + "/" + item_["weight_paths"][i].get<std::string>());
      weights[i]->set_value(array_of(item_["weights"][i]).to(weights[i]->dtype()));
    }
    return true;
  }

  void check_output() {
    output_ = run_one(
        inputs_, [&](const auto& in) { return layer_->apply(in)[0]; }, options_);
    expect_array(output_, item_["output"], "output");
    size_t state = 0;
    for (const auto& weight : layer_->weights())
      if (!weight->trainable())
        expect_array(weight->value(), item_["state"][state++], "new " + weight->name());
  }

  // Gradients with respect to the inputs, if asked, and the trainable weights.
  std::vector<Tensor> slopes(bool of_inputs) const {
    auto inputs = inputs_;
    inputs.push_back(ramp_like(output_.shape()));
    return run_traced(
        inputs,
        [&](const std::vector<Value>& in) {
          const std::vector<Value> given(in.begin(), in.end() - 1);
          const Value y = layer_->apply(given)[0];
          std::vector<Value> wrt;
          if (of_inputs) wrt = given;
          for (const auto& weight : layer_->trainable_weights()) wrt.push_back(weight->read());
          return gradients(sum_rows(reduce_sum(y * in.back())), wrt);
        },
        options_);
  }

  void check_gradients() const {
    const auto& of_inputs = item_["input_gradient"];
    const auto got = slopes(!of_inputs.is_null());
    for (size_t i = 0; i < of_inputs.size(); ++i)
      expect_array(got[i], of_inputs[i], "gradient of input " + std::to_string(i));
    for (size_t i = 0; i < item_["weight_gradients"].size(); ++i)
      expect_array(got[of_inputs.size() + i], item_["weight_gradients"][i],
                   "gradient of weight " + std::to_string(i));
  }
  std::vector<Tensor> gradients_of_weights() const { return slopes(false); }

  const Json& item_;
  std::shared_ptr<Layer> layer_;
  std::vector<Tensor> inputs_;
  Tensor output_;
  RunOptions options_;
};

}  // namespace

void expect_layers_equal_keras(const std::string& file) {
  const Json all = golden(file);
  for (const auto& item : all["cases"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    LayerGolden(item).check(all["rate"].get<double>(), all["steps"].get<int>());
  }
}

}  // namespace tutti::test
