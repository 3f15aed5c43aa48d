#include "core/layers/depthwise_convolution.h"

#include "core/base/error.h"
#include "core/base/extents.h"
#include "core/layers/kernel_arguments.h"
#include "core/layers/layer_activation.h"
#include "core/ops/convolution.h"
#include "core/ops/elementwise.h"

namespace tutti {
namespace {

void check_multiplier(int64_t multiplier, const char* name) {
  if (multiplier <= 0) fail(name, "depth_multiplier is {}; use one or more", multiplier);
}

// (k.., channels, times)
Shape depthwise_shape(const Extents& size, int64_t channels, int64_t times) {
  std::vector<int64_t> dims = size.values();
  dims.insert(dims.end(), {channels, times});
  return Shape(std::move(dims));
}

template <typename Options>
Value depthwise_of(const Options& o, const Value& x, const Value& kernel) {
  const auto& dims = x.shape().dims();
  return depthwise_convolution(
      x, kernel,
      padded_windows({dims.begin() + 1, dims.end() - 1}, o.kernel_size.values(), o.strides.values(),
                     o.dilation_rate.values(), o.padding));
}

template <typename Options>
Value finished(const Options& o, Value y, const VariablePtr& bias) {
  if (bias) y = y + bias->read();
  y = channels_restored(y, o.data_format);
  return o.activation ? (*o.activation)(y) : y;
}

}  // namespace

DepthwiseConvolutionLayer::DepthwiseConvolutionLayer(size_t axes, const char* name, Options options)
    : axes_(axes), options_(std::move(options)) {
  auto& o = options_;
  check_multiplier(o.depth_multiplier, name);
  resolve_windows({axes, o.kernel_size, o.strides, o.dilation_rate, o.padding, o.data_format},
                  name);
}

std::vector<LayerPart> DepthwiseConvolutionLayer::parts() const {
  return parts_in("activation", options_.activation);
}

bool DepthwiseConvolutionLayer::fits(const Shape& built, const Shape& given) const {
  return same_channels(built, given, options_.data_format, axes_);
}

void DepthwiseConvolutionLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1) fail(where(), "takes one input, got {}; merge them", inputs.size());
  const auto& o = options_;
  const int64_t channels = spatial_shape(inputs[0], o.data_format, axes_, where()).channels;
  kernel_ = add_weight("kernel", depthwise_shape(o.kernel_size, channels, o.depth_multiplier),
                       o.depthwise_initializer, o.depthwise_regularizer, o.depthwise_constraint);
  if (o.use_bias)
    bias_ = add_weight("bias", {extent_product({channels, o.depth_multiplier})}, o.bias_initializer,
                       o.bias_regularizer, o.bias_constraint);
}

std::vector<Value> DepthwiseConvolutionLayer::call(const std::vector<Value>& inputs) {
  const Value x = channels_last(to_dtype(only(inputs)), options_.data_format, axes_, where());
  const Value y = finished(options_, depthwise_of(options_, x, kernel_->read()), bias_);
  add_activity_loss(options_.activity_regularizer, y);
  return {y};
}

SeparableConvolutionLayer::SeparableConvolutionLayer(size_t axes, const char* name, Options options)
    : axes_(axes), options_(std::move(options)) {
  auto& o = options_;
  if (o.filters <= 0) fail(name, "filters is {}; use one or more", o.filters);
  check_multiplier(o.depth_multiplier, name);
  resolve_windows({axes, o.kernel_size, o.strides, o.dilation_rate, o.padding, o.data_format},
                  name);
}

std::vector<LayerPart> SeparableConvolutionLayer::parts() const {
  return parts_in("activation", options_.activation);
}

bool SeparableConvolutionLayer::fits(const Shape& built, const Shape& given) const {
  return same_channels(built, given, options_.data_format, axes_);
}

void SeparableConvolutionLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1) fail(where(), "takes one input, got {}; merge them", inputs.size());
  const auto& o = options_;
  const int64_t channels = spatial_shape(inputs[0], o.data_format, axes_, where()).channels;
  depthwise_ =
      add_weight("depthwise_kernel", depthwise_shape(o.kernel_size, channels, o.depth_multiplier),
                 o.depthwise_initializer, o.depthwise_regularizer, o.depthwise_constraint);
  const Extents one(std::vector<int64_t>(axes_, 1));
  pointwise_ =
      add_weight("pointwise_kernel",
                 depthwise_shape(one, extent_product({channels, o.depth_multiplier}), o.filters),
                 o.pointwise_initializer, o.pointwise_regularizer, o.pointwise_constraint);
  if (o.use_bias)
    bias_ =
        add_weight("bias", {o.filters}, o.bias_initializer, o.bias_regularizer, o.bias_constraint);
}

std::vector<Value> SeparableConvolutionLayer::call(const std::vector<Value>& inputs) {
  const Value x = channels_last(to_dtype(only(inputs)), options_.data_format, axes_, where());
  const std::vector<int64_t> one(axes_, 1), none(axes_, 0);
  const Value mixed = convolution(depthwise_of(options_, x, depthwise_->read()), pointwise_->read(),
                                  {one, one, one, none, none});
  const Value y = finished(options_, mixed, bias_);
  add_activity_loss(options_.activity_regularizer, y);
  return {y};
}

// Of both families.
inline constexpr auto declare_windows = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.argument("strides", &O::strides, "from one window to the next")
      .argument("padding", &O::padding, "valid, or same: zeros around the input")
      .argument("data_format", &O::data_format, "channels_last or channels_first")
      .argument("dilation_rate", &O::dilation_rate, "from one element of a window to the next")
      .argument("depth_multiplier", &O::depth_multiplier, "outputs for each channel")
      .with(declare_activation)
      .argument("depthwise_initializer", &O::depthwise_initializer, "how the kernel begins")
      .argument("bias_initializer", &O::bias_initializer, "how the bias begins")
      .argument("depthwise_regularizer", &O::depthwise_regularizer, "penalty on the kernel")
      .argument("bias_regularizer", &O::bias_regularizer, "penalty on the bias")
      .argument("activity_regularizer", &O::activity_regularizer,
                "penalty on the output, divided by the rows of the batch")
      .argument("depthwise_constraint", &O::depthwise_constraint,
                "what the kernel keeps after each step")
      .argument("bias_constraint", &O::bias_constraint, "what the bias keeps after each step");
};
inline constexpr auto declare_depthwise = [](auto& builder) {
  builder.required("kernel_size", &DepthwiseConvolutionOptions::kernel_size,
                   "elements of a window along each axis");
  builder.with(declare_windows);
};
inline constexpr auto declare_separable = [](auto& builder) {
  using O = SeparableConvolutionOptions;
  builder.required("filters", &O::filters, "outputs of the pointwise convolution")
      .required("kernel_size", &O::kernel_size, "elements of a window along each axis")
      .argument("pointwise_initializer", &O::pointwise_initializer, "how the mixing kernel begins")
      .argument("pointwise_regularizer", &O::pointwise_regularizer, "penalty on the mixing kernel")
      .argument("pointwise_constraint", &O::pointwise_constraint,
                "what the mixing kernel keeps after each step");
  builder.with(declare_windows);
};
TUTTI_REGISTER(Layer, DepthwiseConv1DLayer, "DepthwiseConv1D", "each channel by itself")
    .with(declare_depthwise);
TUTTI_REGISTER(Layer, DepthwiseConv2DLayer, "DepthwiseConv2D", "each channel by itself")
    .with(declare_depthwise);
TUTTI_REGISTER(Layer, SeparableConv1DLayer, "SeparableConv1D", "each channel, then all of a place")
    .with(declare_separable)
    .alias("SeparableConvolution1D");
TUTTI_REGISTER(Layer, SeparableConv2DLayer, "SeparableConv2D", "each channel, then all of a place")
    .with(declare_separable)
    .alias("SeparableConvolution2D");

}  // namespace tutti
