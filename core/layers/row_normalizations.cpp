#include "core/layers/row_normalizations.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

// Sorted, never the rows.
std::vector<int> axes_within_rows(std::vector<int> axes, const Shape& shape,
                                  const std::string& where) {
  for (int& axis : axes) axis = normalize_axis(axis, shape.rank(), where.c_str());
  std::ranges::sort(axes);
  if (axes.empty() || axes[0] == 0 || std::ranges::adjacent_find(axes) != axes.end())
    fail(where, "axes of {} must be one or more, each once, and not the rows; name others",
         to_string(shape));
  return axes;
}

Shape extents_of(const Shape& shape, const std::vector<int>& axes) {
  std::vector<int64_t> dims;
  for (const int axis : axes) dims.push_back(shape[axis]);
  return Shape(std::move(dims));
}

// Without the rows, 1 where an axis is not among `axes`.
Shape broadcast_extents(const Shape& shape, const std::vector<int>& axes) {
  std::vector<int64_t> dims;
  for (int axis = 1; axis < shape.rank(); ++axis)
    dims.push_back(std::ranges::find(axes, axis) == axes.end() ? 1 : shape[axis]);
  return Shape(std::move(dims));
}

void check_one_input(const std::vector<Shape>& inputs, const std::string& where) {
  if (inputs.size() != 1 || inputs[0].rank() < 2)
    fail(where, "takes one input of rank 2 or more, got {}; reshape it",
         inputs.size() == 1 ? to_string(inputs[0]) : fmt::format("{} inputs", inputs.size()));
}

// (x - mean) / sqrt(variance + epsilon) over axes.
Value standardized(const Value& x, const std::vector<int>& axes, double epsilon) {
  const Value centered = x - reduce_mean(x, axes, true);
  return centered / sqrt(reduce_mean(square(centered), axes, true) + epsilon);
}

}  // namespace

LayerNormalizationLayer::LayerNormalizationLayer(Options options) : options_(std::move(options)) {
  if (!(options_.epsilon >= 0))
    fail("LayerNormalization", "epsilon is {}; use 0 or more", options_.epsilon);
}

void LayerNormalizationLayer::build(const std::vector<Shape>& inputs) {
  check_one_input(inputs, where());
  const auto& o = options_;
  const Shape extents = extents_of(inputs[0], axes_within_rows(o.axis, inputs[0], where()));
  if (o.scale)
    gamma_ =
        add_weight("gamma", extents, o.gamma_initializer, o.gamma_regularizer, o.gamma_constraint);
  if (o.center)
    beta_ = add_weight("beta", extents, o.beta_initializer, o.beta_regularizer, o.beta_constraint);
}

std::vector<Value> LayerNormalizationLayer::call(const std::vector<Value>& inputs) {
  const Value x = widened(only(inputs));
  const auto axes = axes_within_rows(options_.axis, x.shape(), where());
  const Shape broadcast = broadcast_extents(x.shape(), axes);
  Value y = standardized(x, axes, options_.epsilon);
  if (gamma_) y = y * reshape(gamma_->read(), broadcast);
  if (beta_) y = y + reshape(beta_->read(), broadcast);
  return {to_dtype(y)};
}

void RMSNormalizationLayer::build(const std::vector<Shape>& inputs) {
  check_one_input(inputs, where());
  const auto axes = axes_within_rows(options_.axis, inputs[0], where());
  scale_ = add_weight("scale", extents_of(inputs[0], axes), "ones");
}

std::vector<Value> RMSNormalizationLayer::call(const std::vector<Value>& inputs) {
  const Value x = widened(only(inputs));
  const auto axes = axes_within_rows(options_.axis, x.shape(), where());
  const Value size = sqrt(reduce_mean(square(x), axes, true) + options_.epsilon);
  return {to_dtype(x / size * reshape(scale_->read(), broadcast_extents(x.shape(), axes)))};
}

std::vector<Value> UnitNormalizationLayer::call(const std::vector<Value>& inputs) {
  const Value x = widened(only(inputs));
  const auto axes = axes_within_rows(options_.axis, x.shape(), where());
  constexpr double kLeast = 1e-12;  // of the squares' sum: zeros stay zeros
  return {to_dtype(x / sqrt(maximum(reduce_sum(square(x), axes, true), kLeast)))};
}

GroupNormalizationLayer::GroupNormalizationLayer(Options options) : options_(std::move(options)) {
  if (options_.groups != -1 && options_.groups < 1)
    fail("GroupNormalization", "groups is {}; use one or more, or -1 for one to each channel",
         options_.groups);
}

void GroupNormalizationLayer::build(const std::vector<Shape>& inputs) {
  check_one_input(inputs, where());
  const auto& o = options_;
  const int64_t channels = inputs[0][axes_within_rows({o.axis}, inputs[0], where())[0]];
  groups_ = o.groups == -1 ? channels : o.groups;
  if (channels % groups_ != 0)
    fail(where(), "{} groups do not divide {} channels; use a number that does", groups_, channels);
  if (o.scale)
    gamma_ = add_weight("gamma", {channels}, o.gamma_initializer, o.gamma_regularizer,
                        o.gamma_constraint);
  if (o.center)
    beta_ =
        add_weight("beta", {channels}, o.beta_initializer, o.beta_regularizer, o.beta_constraint);
}

std::vector<Value> GroupNormalizationLayer::call(const std::vector<Value>& inputs) {
  const Value x = widened(only(inputs));
  const int axis = axes_within_rows({options_.axis}, x.shape(), where())[0];
  std::vector<int64_t> dims = x.shape().dims();
  dims[static_cast<size_t>(axis)] /= groups_;
  dims.insert(dims.begin() + axis, groups_);
  std::vector<int> within;  // a group: all axes but the rows and the groups
  for (int i = 1; i < static_cast<int>(dims.size()); ++i)
    if (i != axis) within.push_back(i);
  const Value grouped = standardized(reshape(x, Shape(dims)), within, options_.epsilon);
  Value y = reshape(grouped, x.shape());
  const Shape broadcast = broadcast_extents(x.shape(), {axis});
  if (gamma_) y = y * reshape(gamma_->read(), broadcast);
  if (beta_) y = y + reshape(beta_->read(), broadcast);
  return {to_dtype(y)};
}

inline constexpr auto declare_gamma_beta = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.argument("epsilon", &O::epsilon, "added to the variance")
      .argument("center", &O::center, "whether to add beta")
      .argument("scale", &O::scale, "whether to multiply by gamma")
      .argument("beta_initializer", &O::beta_initializer, "how beta begins")
      .argument("gamma_initializer", &O::gamma_initializer, "how gamma begins")
      .argument("beta_regularizer", &O::beta_regularizer, "penalty on beta")
      .argument("gamma_regularizer", &O::gamma_regularizer, "penalty on gamma")
      .argument("beta_constraint", &O::beta_constraint, "what beta keeps after each step")
      .argument("gamma_constraint", &O::gamma_constraint, "what gamma keeps after each step");
};
TUTTI_REGISTER(Layer, LayerNormalizationLayer, "LayerNormalization",
               "each row with its own mean and variance")
    .argument("axis", &LayerNormalizationOptions::axis,
              "over which, and with weights for each place")
    .with(declare_gamma_beta);
TUTTI_REGISTER(Layer, RMSNormalizationLayer, "RMSNormalization",
               "each row over its root mean square")
    .argument("axis", &RMSNormalizationOptions::axis, "over which, and with a scale for each place")
    .argument("epsilon", &RMSNormalizationOptions::epsilon, "added to the mean square");
TUTTI_REGISTER(Layer, UnitNormalizationLayer, "UnitNormalization", "each row over its length")
    .argument("axis", &UnitNormalizationOptions::axis, "over which");
TUTTI_REGISTER(Layer, GroupNormalizationLayer, "GroupNormalization",
               "groups of channels of a row with their own mean and variance")
    .argument("groups", &GroupNormalizationOptions::groups, "-1 is one to each channel")
    .argument("axis", &GroupNormalizationOptions::axis, "of the channels")
    .with(declare_gamma_beta);

}  // namespace tutti
