// Convolutions, poolings and padding of images, channels last; of one axis as of images one high.
#include "core/layers/borders.h"
#include "core/layers/convolution.h"
#include "core/layers/depthwise_convolution.h"
#include "core/layers/pooling.h"
#include "core/ops/transpose.h"
#include "io/tflite/emitters.h"

namespace tutti::tflite {
namespace {

void check_format(const Emission& e, const std::optional<std::string>& format) {
  if (first_spatial_axis(format) == 2)
    e.refuse("has channels first; .tflite files have channels last");
}

schema::Padding padding_of(const Emission& e, const std::string& padding) {
  if (padding != "same" && padding != "valid")
    e.refuse("has padding " + padding + "; .tflite files know same and valid");
  return padding == "same" ? schema::Padding::SAME : schema::Padding::VALID;
}

// Height and width of an option; of one axis the height is 1.
struct Pair {
  int32_t h = 1, w = 1;
  Pair(const Extents& extents, size_t axes, const Emission& e, const char* name) {
    const auto values = extents.of(axes, e.call.layer->name(), name);
    if (axes == 2) h = static_cast<int32_t>(values[0]);
    w = static_cast<int32_t>(values.back());
  }
};

// (rows, width, channels) as images that are one high.
Shape one_high(const Shape& shape) {
  return shape.rank() == 3 ? Shape{shape[0], 1, shape[1], shape[2]} : shape;
}
Id reshaped(const Emission& e, Id x, const Shape& from, const Shape& to) {
  if (from == to) return x;
  std::vector<int64_t> dims = to.dims();
  dims[0] = -1;
  return e.writer.node(Op::RESHAPE, {x, e.writer.integers(dims)}, to);
}
// What `make` makes of images.
template <typename Make>
Id of_images(const Emission& e, const Make& make) {
  const Shape in = one_high(e.in()), out = one_high(e.out());
  const Id y = make(reshaped(e, e.inputs[0], e.in(), in), out);
  return reshaped(e, y, out, e.out());
}

Tensor image_kernel(const Tensor& kernel) {
  const Shape& s = kernel.shape();
  return s.rank() == 3 ? kernel.reshape({1, s[0], s[1], s[2]}) : kernel;
}

template <typename Options, typename O>
Options window_options(const Emission& e, const O& o, size_t axes) {
  check_format(e, o.data_format);
  const Pair stride(o.strides, axes, e, "strides"), dilation(o.dilation_rate, axes, e, "dilation");
  Options options;
  options.padding = padding_of(e, o.padding);
  options.stride_h = stride.h;
  options.stride_w = stride.w;
  options.dilation_h_factor = dilation.h;
  options.dilation_w_factor = dilation.w;
  return options;
}

Id bias_of(const Emission& e, bool there, size_t at, int64_t channels) {
  return e.writer.constant(there ? e.weight(at) : Tensor::zeros({channels}));
}

Id depthwise_product(const Emission& e, Id x, const Tensor& kernel, Id bias, const Shape& shape,
                     schema::DepthwiseConv2DOptionsT options) {
  const Tensor images = image_kernel(kernel);
  const Shape& s = images.shape();
  options.depth_multiplier = static_cast<int32_t>(s[3]);
  return e.writer.node(Op::DEPTHWISE_CONV_2D,
                       {x, e.writer.constant(images.reshape({1, s[0], s[1], s[2] * s[3]})), bias},
                       shape, schema::BuiltinOptions::DepthwiseConv2DOptions, options);
}

Id convolution(const ConvolutionLayer& layer, const Emission& e) {
  const auto& o = layer.options();
  const size_t axes = static_cast<size_t>(e.in().rank()) - 2;
  const auto options = window_options<schema::Conv2DOptionsT>(e, o, axes);
  if (o.groups != 1) e.refuse("has groups, which are not written to .tflite; use 1");
  return of_images(e, [&](Id x, const Shape& shape) {
    const Id kernel = e.writer.constant(transpose(image_kernel(e.weight(0)), {3, 0, 1, 2}));
    const Id y = e.writer.node(Op::CONV_2D, {x, kernel, bias_of(e, o.use_bias, 1, o.filters)},
                               shape, schema::BuiltinOptions::Conv2DOptions, options);
    return e.activated(o.activation, y, shape);
  });
}

Id depthwise(const DepthwiseConvolutionLayer& layer, const Emission& e) {
  const auto& o = layer.options();
  const auto options =
      window_options<schema::DepthwiseConv2DOptionsT>(e, o, static_cast<size_t>(e.in().rank()) - 2);
  return of_images(e, [&](Id x, const Shape& shape) {
    const Id y =
        depthwise_product(e, x, e.weight(0), bias_of(e, o.use_bias, 1, shape[-1]), shape, options);
    return e.activated(o.activation, y, shape);
  });
}

Id separable(const SeparableConvolutionLayer& layer, const Emission& e) {
  const auto& o = layer.options();
  const auto options =
      window_options<schema::DepthwiseConv2DOptionsT>(e, o, static_cast<size_t>(e.in().rank()) - 2);
  return of_images(e, [&](Id x, const Shape& shape) {
    const Tensor kernel = e.weight(0);
    const int64_t between = kernel.shape()[-1] * kernel.shape()[-2];
    const Shape middle{shape[0], shape[1], shape[2], between};
    const Id y = depthwise_product(e, x, kernel, bias_of(e, false, 0, between), middle, options);
    schema::Conv2DOptionsT plain;
    plain.padding = schema::Padding::VALID;
    plain.stride_h = plain.stride_w = 1;
    const Id point = e.writer.constant(transpose(image_kernel(e.weight(1)), {3, 0, 1, 2}));
    const Id z = e.writer.node(Op::CONV_2D, {y, point, bias_of(e, o.use_bias, 2, o.filters)}, shape,
                               schema::BuiltinOptions::Conv2DOptions, plain);
    return e.activated(o.activation, z, shape);
  });
}

template <Op op>
Id pooling(const PoolingLayer& layer, const Emission& e) {
  const auto& o = layer.options();
  check_format(e, o.data_format);
  const size_t axes = static_cast<size_t>(e.in().rank()) - 2;
  const Pair size(o.pool_size, axes, e, "pool_size"),
      stride(o.strides.value_or(o.pool_size), axes, e, "strides");
  schema::Pool2DOptionsT options;
  options.padding = padding_of(e, o.padding);
  options.stride_h = stride.h;
  options.stride_w = stride.w;
  options.filter_height = size.h;
  options.filter_width = size.w;
  return of_images(e, [&](Id x, const Shape& shape) {
    return e.writer.node(op, {x}, shape, schema::BuiltinOptions::Pool2DOptions, options);
  });
}

template <Op op>
Id global_pooling(const GlobalPoolingLayer& layer, const Emission& e) {
  check_format(e, layer.options().data_format);
  std::vector<int64_t> axes;
  for (int axis = 1; axis + 1 < e.in().rank(); ++axis) axes.push_back(axis);
  schema::ReducerOptionsT options;
  options.keep_dims = layer.options().keepdims;
  return e.writer.node(op, {e.inputs[0], e.writer.integers(axes)}, e.out(),
                       schema::BuiltinOptions::ReducerOptions, options);
}

Id zero_padding(const ZeroPaddingLayer& layer, const Emission& e) {
  check_format(e, layer.options().data_format);
  const auto axes = static_cast<size_t>(e.in().rank()) - 2;
  std::vector<int64_t> pairs{0, 0};
  for (const auto& [before, after] :
       layer.options().padding.of(axes, layer.name().c_str(), "padding"))
    pairs.insert(pairs.end(), {before, after});
  pairs.insert(pairs.end(), {0, 0});
  const Tensor paddings =
      Tensor::from(pairs, {static_cast<int64_t>(pairs.size() / 2), 2}).to(DType::i32);
  return e.writer.node(Op::PAD, {e.inputs[0], e.writer.constant(paddings)}, e.out(),
                       schema::BuiltinOptions::PadOptions, schema::PadOptionsT());
}

[[maybe_unused]] const bool windows_entered =
    register_layers<ConvolutionLayer>({"Conv1D", "Conv2D"}, convolution) &&
    register_layers<DepthwiseConvolutionLayer>({"DepthwiseConv1D", "DepthwiseConv2D"}, depthwise) &&
    register_layers<SeparableConvolutionLayer>({"SeparableConv1D", "SeparableConv2D"}, separable) &&
    register_layers<PoolingLayer>({"MaxPooling1D", "MaxPooling2D"}, pooling<Op::MAX_POOL_2D>) &&
    register_layers<PoolingLayer>({"AveragePooling1D", "AveragePooling2D"},
                                  pooling<Op::AVERAGE_POOL_2D>) &&
    register_layers<GlobalPoolingLayer>({"GlobalAveragePooling1D", "GlobalAveragePooling2D"},
                                        global_pooling<Op::MEAN>) &&
    register_layers<GlobalPoolingLayer>({"GlobalMaxPooling1D", "GlobalMaxPooling2D"},
                                        global_pooling<Op::REDUCE_MAX>) &&
    register_layers<ZeroPaddingLayer>({"ZeroPadding1D", "ZeroPadding2D"}, zero_padding);

}  // namespace
}  // namespace tutti::tflite
