#include "core/layers/merging.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

template <typename Combine>
Value merge_all(const std::vector<Value>& inputs, const Combine& combine) {
  Value result = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) result = combine(result, inputs[i]);
  return result;
}

}  // namespace

std::vector<Value> ConcatenateLayer::call(const std::vector<Value>& inputs) {
  if (inputs.empty()) fail(where(), "takes one input or more; call it on a list of values");
  const Shape& first = inputs[0].shape();
  const int axis = normalize_axis(options_.axis, first.rank(), where().c_str());
  for (const auto& input : inputs) {
    bool alike = input.shape().rank() == first.rank();
    for (int i = 0; alike && i < first.rank(); ++i)
      alike = i == axis || input.shape()[i] == first[i];
    if (!alike)
      fail("Concatenate", "shapes {} and {} differ off axis {}; make the other extents equal",
           to_string(first), to_string(input.shape()), axis);
  }
  return {concatenate(inputs, axis)};
}

// As Keras's: a place counts if any element of it does, where any input has a mask.
std::vector<Value> ConcatenateLayer::compute_mask(const std::vector<Value>& inputs) {
  std::vector<Value> masks;
  bool any = false;
  for (const auto& input : inputs) {
    Value mask = mask_of(input);
    any = any || mask.defined();
    if (!mask.defined())
      mask = not_equal(Value(Tensor::full({}, 1.0)), Value(Tensor::full({}, 0.0)));
    while (mask.shape().rank() > 0 && mask.shape().rank() < input.shape().rank())
      mask = expand_dims(mask, -1);
    masks.push_back(cast(broadcast_to(mask, input.shape()), DType::f32));
  }
  if (!any) return {Value()};
  return {reduce_max(concatenate(masks, options_.axis), {-1}) > 0.0};
}

// As Keras's: a place counts if it does in any input, where all have masks.
std::vector<Value> MergeLayer::compute_mask(const std::vector<Value>& inputs) {
  Value any;
  for (const auto& input : inputs) {
    const Value mask = mask_of(input);
    if (!mask.defined()) return {Value()};
    any = any.defined() ? logical_or(any, mask) : mask;
  }
  return {any};
}

std::vector<Value> MergeLayer::call(const std::vector<Value>& inputs) {
  if (inputs.empty())
    fail(where(), "merges one input or more, got none; call it on a list of values");
  int rank = 0;
  for (const auto& input : inputs) rank = std::max(rank, input.shape().rank());
  std::vector<Value> aligned;
  for (const auto& input : inputs) {
    std::vector<int64_t> dims = input.shape().dims();
    if (dims.empty()) fail(where(), "takes inputs with rows, got a scalar; give it a batch");
    dims.insert(dims.begin() + 1, static_cast<size_t>(rank) - dims.size(), 1);
    const Shape shape(std::move(dims));
    aligned.push_back(shape == input.shape() ? input : reshape(input, shape));
  }
  return {merge(aligned)};
}

Value AddLayer::merge(const std::vector<Value>& inputs) const {
  return merge_all(inputs, [](const Value& a, const Value& b) { return a + b; });
}
Value SubtractLayer::merge(const std::vector<Value>& inputs) const {
  if (inputs.size() != 2)
    fail(where(), "subtracts the second of two inputs, got {}; call it on two", inputs.size());
  return inputs[0] - inputs[1];
}
Value MultiplyLayer::merge(const std::vector<Value>& inputs) const {
  return merge_all(inputs, [](const Value& a, const Value& b) { return a * b; });
}
Value AverageLayer::merge(const std::vector<Value>& inputs) const {
  const Value sum = merge_all(inputs, [](const Value& a, const Value& b) { return a + b; });
  return sum / static_cast<double>(inputs.size());
}
Value MaximumLayer::merge(const std::vector<Value>& inputs) const {
  return merge_all(inputs, [](const Value& a, const Value& b) { return maximum(a, b); });
}
Value MinimumLayer::merge(const std::vector<Value>& inputs) const {
  return merge_all(inputs, [](const Value& a, const Value& b) { return minimum(a, b); });
}

TUTTI_REGISTER(Layer, ConcatenateLayer, "Concatenate", "inputs joined along an axis")
    .argument("axis", &ConcatenateOptions::axis, "along which they are joined");
TUTTI_REGISTER(Layer, AddLayer, "Add", "the sum of its inputs");
TUTTI_REGISTER(Layer, SubtractLayer, "Subtract", "the first input minus the second");
TUTTI_REGISTER(Layer, MultiplyLayer, "Multiply", "the product of its inputs");
TUTTI_REGISTER(Layer, AverageLayer, "Average", "the mean of its inputs");
TUTTI_REGISTER(Layer, MaximumLayer, "Maximum", "the largest of its inputs");
TUTTI_REGISTER(Layer, MinimumLayer, "Minimum", "the smallest of its inputs");

}  // namespace tutti
