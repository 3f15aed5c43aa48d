#include "core/layers/recurrent_cell.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/layers/dropout.h"
#include "core/layers/layer_activation.h"
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
  const size_t axes = spatial_axes();
  if (inputs.empty() || inputs[0].rank() != static_cast<int>(axes) + 2)
    fail(where(), "takes an input of rows, {} spatial axes and features, and its states, got {}",
         axes, inputs.empty() ? "nothing" : to_string(inputs[0]));
}

bool RecurrentCell::fits(const Shape& built, const Shape& given) const {
  return given.rank() == built.rank() && built[-1] == given[-1];
}

std::vector<Value> RecurrentCell::call(const std::vector<Value>& inputs) {
  if (inputs.empty()) check_inputs({});
  const size_t states = state_shapes(inputs[0].shape()).size();
  if (inputs.size() != states + 1)
    fail(where(), "takes an input and {} states, got {} values; give all", states, inputs.size());
  std::vector<Value> given;
  for (const auto& input : inputs) given.push_back(to_dtype(input));
  const CellRun run = begin(given[0].shape());
  CellStep step = run.step(run.project(given[0]), {given.begin() + 1, given.end()});
  step.states.insert(step.states.begin(), step.output);
  return std::move(step.states);
}

DroppedProduct::DroppedProduct(const Value& weights, std::vector<Value> masks, Multiply multiply)
    : masks_(std::move(masks)), multiply_(std::move(multiply)) {
  if (!multiply_) multiply_ = [](const Value& x, const Value& w) { return matmul(x, w); };
  weights_ =
      masks_.size() > 1 ? split(weights, static_cast<int>(masks_.size())) : std::vector{weights};
}

Value DroppedProduct::operator()(const Value& x) const {
  if (masks_.empty()) return multiply_(x, weights_[0]);
  std::vector<Value> products;
  for (size_t i = 0; i < masks_.size(); ++i) {
    Value mask = masks_[i];
    while (mask.shape().rank() < x.shape().rank()) mask = expand_dims(mask, 1);
    products.push_back(multiply_(in_training(x * mask, x), weights_[i]));
  }
  return concatenate(products);
}

GatedCell::GatedCell(const char* kind, CellParts parts, int gates)
    : parts_(std::move(parts)), gates_(gates) {
  if (parts_.units <= 0 || parts_.units > INT32_MAX)
    fail(kind, "units is {}; use one neuron or more, below 2^31", parts_.units);
  for (const double rate : {parts_.dropout, parts_.recurrent_dropout})
    if (!(rate >= 0 && rate < 1))
      fail(kind, "a rate of dropout is {}; use a number from 0 to below 1", rate);
}

std::vector<LayerPart> GatedCell::parts() const {
  auto inner = parts_in("activation", parts_.activation);
  for (auto& part : parts_in("recurrent_activation", parts_.recurrent_activation))
    inner.push_back(std::move(part));
  return inner;
}

void GatedCell::build(const std::vector<Shape>& inputs) {
  check_inputs(inputs);
  const auto kernel_shape = [&](int64_t features) {
    std::vector<int64_t> dims = window();
    dims.insert(dims.end(), {features, gates_ * parts_.units});
    return Shape(std::move(dims));
  };
  kernel_ = add_weight("kernel", kernel_shape(inputs[0][-1]), parts_.kernel_initializer,
                       parts_.kernel_regularizer, parts_.kernel_constraint);
  recurrent_kernel_ =
      add_weight("recurrent_kernel", kernel_shape(parts_.units), parts_.recurrent_initializer,
                 parts_.recurrent_regularizer, parts_.recurrent_constraint);
  if (parts_.use_bias)
    bias_ = add_weight("bias", bias_shape(), bias_initializer(), parts_.bias_regularizer,
                       parts_.bias_constraint);
}

std::vector<Value> GatedCell::masks(const Shape& shape, double rate) const {
  std::vector<Value> drawn;
  if (rate == 0) return drawn;
  const Value like(Tensor::zeros({}, compute_dtype()));
  const int64_t count = parts_.recurrent_dropout > 0 || !window().empty() ? gates_ : 1;
  for (int64_t i = 0; i < count; ++i) drawn.push_back(dropout_mask(like, shape, rate, parts_.seed));
  return drawn;
}

std::vector<Value> GatedCell::input_masks(const Shape& input) const {
  return masks(input, parts_.dropout);
}
std::vector<Value> GatedCell::state_masks(const Shape& input) const {
  return masks(state_shapes(input).front(), parts_.recurrent_dropout);
}

Value GatedCell::activate(const Value& x) const { return activated(parts_.activation, x); }
Value GatedCell::activate_gate(const Value& x) const {
  return activated(parts_.recurrent_activation, x);
}

CellStep GatedCell::lstm_step(const Value& gates, const Value& carried) const {
  const auto parts = split(gates, 4);
  const Value c = activate_gate(parts[1]) * carried + activate_gate(parts[0]) * activate(parts[2]);
  const Value h = activate_gate(parts[3]) * activate(c);
  return {h, {h, c}};
}

}  // namespace tutti
