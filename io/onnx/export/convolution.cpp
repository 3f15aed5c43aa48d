// Convolutions and their transposes. ONNX's are channels-first with kernels (filters, channels /
// groups, k..).
#include "core/layers/convolution.h"

#include <algorithm>
#include <numeric>

#include "core/layers/convolution_transpose.h"
#include "core/layers/depthwise_convolution.h"
#include "core/ops/transpose.h"
#include "io/onnx/export/emitters.h"

namespace tutti::onnx {
namespace {

// (k.., a, b) -> (b, a, k..)
Tensor kernel_first(const Tensor& kernel) {
  const int axes = kernel.shape().rank() - 2;
  Order order{axes + 1, axes};
  for (int i = 0; i < axes; ++i) order.push_back(i);
  return transpose(kernel, order);
}

// (k.., channels, times) -> (channels times, 1, k..)
Tensor depthwise_first(const Tensor& kernel) {
  const int axes = kernel.shape().rank() - 2;
  Order order{axes, axes + 1};
  std::vector<int64_t> dims{kernel.shape()[-2] * kernel.shape()[-1], 1};
  for (int i = 0; i < axes; ++i) {
    order.push_back(i);
    dims.push_back(kernel.shape()[i]);
  }
  return transpose(kernel, order).reshape(Shape(std::move(dims)));
}

Attributes window_attributes(const Windows& w, int64_t groups) {
  std::vector<int64_t> pads = w.before;
  pads.insert(pads.end(), w.after.begin(), w.after.end());
  return {{"kernel_shape", w.size},
          {"strides", w.stride},
          {"dilations", w.dilation},
          {"pads", pads},
          {"group", groups}};
}

// The windows of a layer that slides over its input.
template <typename Options>
Windows windows_over(const Options& o, const LayerCall& call) {
  const auto extents =
      spatial_shape(call.inputs[0].shape(), o.data_format, o.kernel_size.values().size(), "")
          .extents;
  return padded_windows(extents, o.kernel_size.values(), o.strides.values(),
                        o.dilation_rate.values(), o.padding);
}

// What stands between a layer's data format and ONNX's.
template <typename Options>
Names between_formats(GraphWriter& graph, ActivationWriter& activations, const Options& o,
                      const LayerCall& call, const std::string& x,
                      const std::function<std::string(const std::string&)>& make) {
  const auto rank = static_cast<size_t>(call.inputs[0].shape().rank());
  const bool first = first_spatial_axis(o.data_format) == 2;
  std::string y = make(first ? x : graph.transpose(x, channels_to_front(rank)));
  if (!first) y = graph.transpose(y, channels_to_back(rank));
  return {activations.activate(o.activation, y, call.outputs[0])};
}

// The bias, if there is one, is the layer's weight number `at`.
template <typename L>
std::string bias_of(GraphWriter& graph, const L& layer, size_t at) {
  return layer.options().use_bias ? graph.weight(*layer.weights()[at]) : "";
}

CallEmitter emit_convolution(const ConvolutionLayer& layer, const LayerCall& call) {
  return [&layer, &call](GraphWriter& graph, ActivationWriter& activations, const Names& inputs) {
    const auto& o = layer.options();
    return between_formats(graph, activations, o, call, inputs[0], [&](const std::string& x) {
      const std::string kernel = graph.weight(*layer.weights()[0], "first", kernel_first);
      return graph.node("Conv", {x, kernel, bias_of(graph, layer, 1)},
                        window_attributes(windows_over(o, call), o.groups));
    });
  };
}

template <typename L>
std::string depthwise_node(GraphWriter& graph, const L& layer, const LayerCall& call,
                           const std::string& x, const std::string& bias) {
  const auto kernel = layer.weights()[0];
  return graph.node("Conv", {x, graph.weight(*kernel, "depthwise", depthwise_first), bias},
                    window_attributes(windows_over(layer.options(), call), kernel->shape()[-2]));
}

CallEmitter emit_depthwise(const DepthwiseConvolutionLayer& layer, const LayerCall& call) {
  return [&layer, &call](GraphWriter& graph, ActivationWriter& activations, const Names& inputs) {
    return between_formats(graph, activations, layer.options(), call, inputs[0],
                           [&](const std::string& x) {
                             return depthwise_node(graph, layer, call, x, bias_of(graph, layer, 1));
                           });
  };
}

CallEmitter emit_separable(const SeparableConvolutionLayer& layer, const LayerCall& call) {
  return [&layer, &call](GraphWriter& graph, ActivationWriter& activations, const Names& inputs) {
    return between_formats(
        graph, activations, layer.options(), call, inputs[0], [&](const std::string& x) {
          const std::string each = depthwise_node(graph, layer, call, x, "");
          const std::string mixing = graph.weight(*layer.weights()[1], "first", kernel_first);
          return graph.node("Conv", {each, mixing, bias_of(graph, layer, 2)});
        });
  };
}

// ONNX's output is (s - 1) stride + reach - pads + output_padding.
CallEmitter emit_transposed(const ConvolutionTransposeLayer& layer, const LayerCall& call) {
  const auto& o = layer.options();
  const auto inputs =
      spatial_shape(call.inputs[0].shape(), o.data_format, o.kernel_size.values().size(), "")
          .extents;
  auto [windows, extents] = transposed_windows(o, inputs);
  std::vector<int64_t> more;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t full =
        (inputs[i] - 1) * windows.stride[i] + (windows.size[i] - 1) * windows.dilation[i] + 1;
    const int64_t after = full - windows.before[i] - extents[i];
    windows.after[i] = std::max<int64_t>(0, after);
    more.push_back(std::max<int64_t>(0, -after));
    if (windows.before[i] < 0 || (more[i] > 0 && more[i] >= windows.stride[i])) return {};
  }
  auto attributes = window_attributes(windows, 1);
  attributes.push_back({"output_padding", more});
  return [&layer, &call, attributes](GraphWriter& graph, ActivationWriter& activations,
                                     const Names& in) {
    return between_formats(
        graph, activations, layer.options(), call, in[0], [&](const std::string& x) {
          const std::string kernel = graph.weight(*layer.weights()[0], "first", kernel_first);
          return graph.node("ConvTranspose", {x, kernel, bias_of(graph, layer, 1)}, attributes);
        });
  };
}

[[maybe_unused]] const bool convolutions_entered =
    register_layers<ConvolutionLayer>({"Conv1D", "Conv2D", "Conv3D"}, emit_convolution) &&
    register_layers<DepthwiseConvolutionLayer>({"DepthwiseConv1D", "DepthwiseConv2D"},
                                               emit_depthwise) &&
    register_layers<SeparableConvolutionLayer>({"SeparableConv1D", "SeparableConv2D"},
                                               emit_separable) &&
    register_layers<ConvolutionTransposeLayer>(
        {"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"}, emit_transposed);

}  // namespace
}  // namespace tutti::onnx
