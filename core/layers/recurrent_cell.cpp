#include "core/layers/recurrent_cell.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/layers/dropout.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

Value activated(const Ref<ActivationFunction>& activation, const Value& x) {
  return activation ? (*activation)(x) : x;
}

}  // namespace

void RecurrentCell::check_inputs(const std::vector<Shape>& inputs) const {
  if (inputs.empty() || inputs[0].rank() != 2)
    fail(where(), "takes an input (rows, features) and its states, got {}",
         inputs.empty() ? "nothing" : to_string(inputs[0]));
}

bool RecurrentCell::fits(const Shape& built, const Shape& given) const {
  return given.rank() == 2 && built[-1] == given[-1];
}

std::vector<Value> RecurrentCell::call(const std::vector<Value>& inputs) {
  const size_t states = state_sizes().size();
  if (inputs.size() != states + 1)
    fail(where(), "takes an input and {} states, got {} values; give all", states, inputs.size());
  std::vector<Value> given;
  for (const auto& input : inputs) given.push_back(to_dtype(input));
  const CellRun run = begin(given[0].shape()[-1]);
  CellStep step = run.step(run.project(given[0]), {given.begin() + 1, given.end()});
  step.states.insert(step.states.begin(), step.output);
  return std::move(step.states);
}

DroppedProduct::DroppedProduct(const Value& weights, std::vector<Value> masks)
    : masks_(std::move(masks)) {
  weights_ =
      masks_.size() > 1 ? split(weights, static_cast<int>(masks_.size())) : std::vector{weights};
}

Value DroppedProduct::operator()(const Value& x) const {
  if (masks_.empty()) return matmul(x, weights_[0]);
  std::vector<Value> products;
  for (size_t i = 0; i < masks_.size(); ++i) {
    Value mask = masks_[i];
    while (mask.shape().rank() < x.shape().rank()) mask = expand_dims(mask, 1);
    products.push_back(matmul(in_training(x * mask, x), weights_[i]));
  }
  return concatenate(products);
}

GatedCell::GatedCell(const char* kind, CellParts parts, int gates)
    : parts_(std::move(parts)), gates_(gates) {
  if (parts_.units <= 0) fail(kind, "units is {}; use one neuron or more", parts_.units);
  for (const double rate : {parts_.dropout, parts_.recurrent_dropout})
    if (!(rate >= 0 && rate < 1))
      fail(kind, "a rate of dropout is {}; use a number from 0 to below 1", rate);
}

std::vector<std::shared_ptr<Layer>> GatedCell::sublayers() const {
  std::vector<std::shared_ptr<Layer>> inner;
  for (const auto& activation : {parts_.activation, parts_.recurrent_activation})
    if (auto layer = activation ? activation->layer() : nullptr) inner.push_back(std::move(layer));
  return inner;
}

void GatedCell::build(const std::vector<Shape>& inputs) {
  check_inputs(inputs);
  const int64_t columns = gates_ * parts_.units;
  kernel_ = add_weight("kernel", {inputs[0][-1], columns}, parts_.kernel_initializer,
                       parts_.kernel_regularizer);
  recurrent_kernel_ = add_weight("recurrent_kernel", {parts_.units, columns},
                                 parts_.recurrent_initializer, parts_.recurrent_regularizer);
  if (parts_.use_bias)
    bias_ = add_weight("bias", bias_shape(), bias_initializer(), parts_.bias_regularizer);
}

std::vector<Value> GatedCell::masks(int64_t features, double rate) const {
  std::vector<Value> drawn;
  if (rate == 0) return drawn;
  const Value like(Tensor::zeros({}, dtype()));
  const int64_t count = parts_.recurrent_dropout > 0 ? gates_ : 1;
  for (int64_t i = 0; i < count; ++i)
    drawn.push_back(dropout_mask(like, {kRows, features}, rate, parts_.seed));
  return drawn;
}

std::vector<Value> GatedCell::input_masks(int64_t features) const {
  return masks(features, parts_.dropout);
}
std::vector<Value> GatedCell::state_masks() const {
  return masks(parts_.units, parts_.recurrent_dropout);
}

Value GatedCell::activate(const Value& x) const { return activated(parts_.activation, x); }
Value GatedCell::activate_gate(const Value& x) const {
  return activated(parts_.recurrent_activation, x);
}

}  // namespace tutti
