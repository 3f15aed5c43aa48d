#include "tests/conformance/keras_layer_conformance.h"

#include "core/base/seed.h"
#include "core/graph/gradient.h"
#include "core/layers/layer.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/onnx_conformance.h"

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
    if (item.contains("mask")) mask_ = array_of(item["mask"]).to(DType::bool_);
    options_.training = item["training"].get<bool>();
  }

  void check(double rate, int steps) {
    run_traced(given(), [&](const auto& in) { return apply(in); });
    if (!set_weights()) return;
    if (!mask_.defined()) expect_travels_by_onnx(*layer_, inputs_);
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
  // What is fed: the inputs, then the mask of the first.
  std::vector<Tensor> given() const {
    auto all = inputs_;
    if (mask_.defined()) all.push_back(mask_);
    return all;
  }
  std::vector<Value> apply(const std::vector<Value>& fed) const {
    std::vector<Value> in(fed.begin(), fed.begin() + static_cast<int64_t>(inputs_.size()));
    if (mask_.defined()) in[0] = with_mask(in[0], fed[in.size()]);
    return layer_->apply(in);
  }

  bool set_weights() {
    const auto weights = layer_->weights();
    EXPECT_EQ(weights.size(), item_["weights"].size());
    if (weights.size() != item_["weights"].size()) return false;
    for (size_t i = 0; i < weights.size(); ++i) {
      const auto path = item_["weight_paths"][i].get<std::string>();
      EXPECT_EQ(weights[i]->name(), layer_->name() + "/" + path);
      weights[i]->set_value(array_of(item_["weights"][i]).to(weights[i]->dtype()));
    }
    return true;
  }

  void check_output() {
    const bool masked = item_.contains("output_mask");
    const auto got = run_traced(
        given(),
        [&](const auto& in) {
          auto outputs = apply(in);
          EXPECT_EQ(mask_of(outputs[0]).defined(), masked);
          if (masked) outputs.push_back(cast(mask_of(outputs[0]), DType::i64));
          return outputs;
        },
        options_);
    Json want = Json::array({item_["output"]});
    if (item_.contains("states"))
      want.insert(want.end(), item_["states"].begin(), item_["states"].end());
    if (masked) want.push_back(item_["output_mask"]);
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i)
      expect_array(got[i], want[i], "output " + std::to_string(i));
    outputs_.assign(got.begin(), got.end() - (masked ? 1 : 0));
    size_t state = 0;
    for (const auto& weight : layer_->weights())
      if (!weight->trainable())
        expect_array(weight->value(), item_["state"][state++], "new " + weight->name());
  }

  // Gradients with respect to the first input, if asked, and the trainable weights.
  std::vector<Tensor> slopes(bool of_inputs) const {
    auto fed = given();
    for (const auto& output : outputs_) fed.push_back(ramp_like(output.shape()));
    return run_traced(
        fed,
        [&](const std::vector<Value>& in) {
          const auto y = apply(in);
          Value loss;
          for (size_t i = 0; i < y.size(); ++i) {
            const Value term = sum_rows(reduce_sum(y[i] * in[in.size() - y.size() + i]));
            loss = loss.defined() ? loss + term : term;
          }
          std::vector<Value> wrt;
          if (of_inputs)
            wrt.assign(in.begin(),
                       in.begin() + static_cast<std::ptrdiff_t>(item_["inputs"].size()));
          for (const auto& weight : layer_->trainable_weights()) wrt.push_back(weight->read());
          return gradients(loss, wrt);
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
  std::vector<Tensor> inputs_, outputs_;
  Tensor mask_;
  RunOptions options_;
};

}  // namespace

void expect_layers_equal_keras(const std::string& file) {
  const Json all = golden(file);
  for (const auto& item : all["cases"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    clear_session();
    LayerGolden(item).check(all["rate"].get<double>(), all["steps"].get<int>());
  }
}

}  // namespace tutti::test
