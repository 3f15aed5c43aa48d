#include "core/layers/convolution_transpose.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/layers/kernel_arguments.h"
#include "core/layers/layer_activation.h"
#include "core/ops/convolution.h"
#include "core/ops/elementwise.h"

namespace tutti {

// As Keras's conv_transpose: padding cut from both sides, what is odd from the right; the output
// may reach beyond the last window.
TransposedWindows transposed_windows(const ConvolutionTransposeOptions& o,
                                     const std::vector<int64_t>& inputs) {
  TransposedWindows result{
      {o.kernel_size.values(), o.strides.values(), o.dilation_rate.values(), {}, {}}, {}};
  for (size_t axis = 0; axis < inputs.size(); ++axis) {
    const int64_t stride = result.windows.stride[axis];
    const int64_t reach = (result.windows.size[axis] - 1) * result.windows.dilation[axis] + 1;
    std::optional<int64_t> more;
    if (o.output_padding) more = o.output_padding->values()[axis];
    int64_t before = 0, extent;
    if (o.padding == "valid") {
      extent = (inputs[axis] - 1) * stride + reach + more.value_or(std::max(reach, stride) - reach);
    } else {
      extent = more ? (inputs[axis] - 1) * stride + reach % 2 + *more : inputs[axis] * stride;
      const int64_t padding = more ? reach + reach % 2 - 2 + *more : stride + reach - 2;
      before = reach - 1 - std::min((padding + 1) / 2, reach - 1);
    }
    result.extents.push_back(extent);
    result.windows.before.push_back(before);
    result.windows.after.push_back(
        std::max<int64_t>(0, (inputs[axis] - 1) * stride + reach - extent - before));
  }
  return result;
}

ConvolutionTransposeLayer::ConvolutionTransposeLayer(size_t axes, const char* name, Options options)
    : axes_(axes), options_(std::move(options)) {
  auto& o = options_;
  if (o.filters <= 0) fail(name, "filters is {}; use one or more", o.filters);
  resolve_windows({axes, o.kernel_size, o.strides, o.dilation_rate, o.padding, o.data_format},
                  name);
  if (!o.output_padding) return;
  o.output_padding = Extents(o.output_padding->of(axes, name, "output_padding", 0));
  for (size_t axis = 0; axis < axes; ++axis)
    if (o.output_padding->values()[axis] >= o.strides.values()[axis])
      fail(name, "output_padding [{}] is not below the strides [{}]; use less",
           fmt::join(o.output_padding->values(), ", "), fmt::join(o.strides.values(), ", "));
}

std::vector<LayerPart> ConvolutionTransposeLayer::parts() const {
  return parts_in("activation", options_.activation);
}

bool ConvolutionTransposeLayer::fits(const Shape& built, const Shape& given) const {
  return same_channels(built, given, options_.data_format, axes_);
}

void ConvolutionTransposeLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1) fail(where(), "takes one input, got {}; merge them", inputs.size());
  std::vector<int64_t> dims = options_.kernel_size.values();
  dims.insert(
      dims.end(),
      {options_.filters, spatial_shape(inputs[0], options_.data_format, axes_, where()).channels});
  kernel_ = add_weight("kernel", Shape(std::move(dims)), options_.kernel_initializer,
                       options_.kernel_regularizer, options_.kernel_constraint);
  if (options_.use_bias)
    bias_ = add_weight("bias", {options_.filters}, options_.bias_initializer,
                       options_.bias_regularizer, options_.bias_constraint);
}

std::vector<Value> ConvolutionTransposeLayer::call(const std::vector<Value>& inputs) {
  const Value x = channels_last(to_dtype(only(inputs)), options_.data_format, axes_, where());
  const auto [windows, extents] =
      transposed_windows(options_, spatial_shape(x.shape(), {}, axes_, where()).extents);
  Value y = convolution_transpose(x, kernel_->read(), windows, extents);
  if (bias_) y = y + bias_->read();
  y = channels_restored(y, options_.data_format);
  if (options_.activation) y = (*options_.activation)(y);
  add_activity_loss(options_.activity_regularizer, y);
  return {y};
}

inline constexpr auto declare_transpose = [](auto& builder) {
  using O = ConvolutionTransposeOptions;
  builder.required("filters", &O::filters, "outputs")
      .required("kernel_size", &O::kernel_size, "elements of a window along each axis")
      .argument("strides", &O::strides, "from one window to the next, in the output")
      .argument("padding", &O::padding,
                "valid, or same: an output of the input's size times strides")
      .argument("output_padding", &O::output_padding,
                "more elements after the output, below strides")
      .argument("data_format", &O::data_format, "channels_last or channels_first")
      .argument("dilation_rate", &O::dilation_rate, "from one element of a window to the next")
      .with(declare_activation)
      .with(declare_kernel_and_bias);
};
TUTTI_REGISTER(Layer, Conv1DTransposeLayer, "Conv1DTranspose",
               "a convolution's adjoint over one axis")
    .with(declare_transpose)
    .alias("Convolution1DTranspose");
TUTTI_REGISTER(Layer, Conv2DTransposeLayer, "Conv2DTranspose",
               "a convolution's adjoint over two axes")
    .with(declare_transpose)
    .alias("Convolution2DTranspose");
TUTTI_REGISTER(Layer, Conv3DTransposeLayer, "Conv3DTranspose",
               "a convolution's adjoint over three axes")
    .with(declare_transpose)
    .alias("Convolution3DTranspose");

}  // namespace tutti
