#include "core/layers/convolution.h"

#include "core/base/error.h"
#include "core/layers/kernel_arguments.h"
#include "core/layers/layer_activation.h"
#include "core/ops/convolution.h"
#include "core/ops/elementwise.h"

namespace tutti {

ConvolutionLayer::ConvolutionLayer(size_t axes, const char* name, Options options)
    : axes_(axes), options_(std::move(options)) {
  if (options_.filters <= 0 || options_.groups <= 0 || options_.filters % options_.groups != 0)
    fail(name, "filters is {} with {} groups; use one or more, a multiple of groups",
         options_.filters, options_.groups);
  resolve_windows({axes, options_.kernel_size, options_.strides, options_.dilation_rate,
                   options_.padding, options_.data_format, axes == 1},
                  name);
}

std::vector<LayerPart> ConvolutionLayer::parts() const {
  return parts_in("activation", options_.activation);
}

bool ConvolutionLayer::fits(const Shape& built, const Shape& given) const {
  return same_channels(built, given, options_.data_format, axes_);
}

void ConvolutionLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1) fail(where(), "takes one input, got {}; merge them", inputs.size());
  const int64_t channels = spatial_shape(inputs[0], options_.data_format, axes_, where()).channels;
  if (channels % options_.groups != 0)
    fail(where(), "{} groups do not divide {} channels; use a number that does", options_.groups,
         channels);
  std::vector<int64_t> dims = options_.kernel_size.values();
  dims.insert(dims.end(), {channels / options_.groups, options_.filters});
  kernel_ = add_weight("kernel", Shape(std::move(dims)), options_.kernel_initializer,
                       options_.kernel_regularizer, options_.kernel_constraint);
  if (options_.use_bias)
    bias_ = add_weight("bias", {options_.filters}, options_.bias_initializer,
                       options_.bias_regularizer, options_.bias_constraint);
}

std::vector<Value> ConvolutionLayer::call(const std::vector<Value>& inputs) {
  const auto& o = options_;
  const Value x = channels_last(to_dtype(only(inputs)), o.data_format, axes_, where());
  const auto extents = spatial_shape(x.shape(), {}, axes_, where()).extents;
  Value y = convolution(x, kernel_->read(),
                        padded_windows(extents, o.kernel_size.values(), o.strides.values(),
                                       o.dilation_rate.values(), o.padding),
                        o.groups);
  if (bias_) y = y + bias_->read();
  y = channels_restored(y, o.data_format);
  if (o.activation) y = (*o.activation)(y);
  add_activity_loss(o.activity_regularizer, y);
  return {y};
}

inline constexpr auto declare_convolution = [](auto& builder) {
  using O = ConvolutionOptions;
  builder.required("filters", &O::filters, "outputs for each window")
      .required("kernel_size", &O::kernel_size, "elements of a window along each axis")
      .argument("strides", &O::strides, "from one window to the next")
      .argument("padding", &O::padding, "valid, or same: zeros around the input")
      .argument("data_format", &O::data_format, "channels_last or channels_first")
      .argument("dilation_rate", &O::dilation_rate, "from one element of a window to the next")
      .argument("groups", &O::groups, "of channels and filters that do not see each other")
      .with(declare_activation)
      .with(declare_kernel_and_bias);
};
TUTTI_REGISTER(Layer, Conv1DLayer, "Conv1D", "convolution over one axis")
    .with(declare_convolution)
    .alias("Convolution1D");
TUTTI_REGISTER(Layer, Conv2DLayer, "Conv2D", "convolution over two axes: images")
    .with(declare_convolution)
    .alias("Convolution2D");
TUTTI_REGISTER(Layer, Conv3DLayer, "Conv3D", "convolution over three axes: volumes")
    .with(declare_convolution)
    .alias("Convolution3D");

}  // namespace tutti
