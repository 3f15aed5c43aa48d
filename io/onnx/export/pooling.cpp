// Poolings over windows and over all spatial axes.
#include "core/layers/pooling.h"

#include "io/onnx/export/emitters.h"

namespace tutti::onnx {
namespace {

template <typename Emit>
std::string pooled_in_format(GraphWriter& graph, const std::optional<std::string>& format,
                             size_t rank, const std::string& x, const Emit& emit) {
  if (first_spatial_axis(format) == 2) return emit(x);
  return graph.transpose(emit(graph.transpose(x, channels_to_front(rank))), channels_to_back(rank));
}

CallEmitter emit_pooling(const char* op, const PoolingLayer& layer, const LayerCall& call) {
  const auto& o = layer.options();
  const size_t axes = o.pool_size.values().size();
  const auto extents = spatial_shape(call.inputs[0].shape(), o.data_format, axes, "").extents;
  const Windows w = padded_windows(extents, o.pool_size.values(), o.strides->values(),
                                   std::vector<int64_t>(axes, 1), o.padding);
  std::vector<int64_t> pads = w.before;
  pads.insert(pads.end(), w.after.begin(), w.after.end());
  const Attributes attributes{{"kernel_shape", w.size}, {"strides", w.stride}, {"pads", pads}};
  return [=, &o](GraphWriter& graph, ActivationWriter&, const Names& inputs) {
    return Names{
        pooled_in_format(graph, o.data_format, axes + 2, inputs[0],
                         [&](const std::string& x) { return graph.node(op, {x}, attributes); })};
  };
}

// GlobalAveragePooling1D leaves out what a mask leaves out: by its ops.
CallEmitter emit_global_pooling(const char* op, const GlobalPoolingLayer& layer,
                                const LayerCall& call) {
  if (layer.supports_masking() && mask_of(call.inputs[0]).defined()) return {};
  const auto rank = static_cast<size_t>(call.inputs[0].shape().rank());
  return [=, &o = layer.options()](GraphWriter& graph, ActivationWriter&, const Names& inputs) {
    if (o.keepdims)
      return Names{pooled_in_format(graph, o.data_format, rank, inputs[0],
                                    [&](const std::string& x) { return graph.node(op, {x}); })};
    const bool first = first_spatial_axis(o.data_format) == 2;
    const std::string x = first ? inputs[0] : graph.transpose(inputs[0], channels_to_front(rank));
    return Names{graph.node("Flatten", {graph.node(op, {x})}, {{"axis", int64_t{1}}})};
  };
}

[[maybe_unused]] const bool poolings_entered = [] {
  const std::pair<std::string, std::pair<const char*, const char*>> kinds[] = {
      {"MaxPooling", {"MaxPool", "GlobalMaxPool"}},
      {"AveragePooling", {"AveragePool", "GlobalAveragePool"}}};
  for (const auto& [kind, ops] : kinds)
    for (const char* axes : {"1D", "2D", "3D"}) {
      register_layer_emitter(
          kind + axes, [op = ops.first](const Layer& layer, const LayerCall& call) {
            return emit_pooling(op, static_cast<const PoolingLayer&>(layer), call);
          });
      register_layer_emitter(
          "Global" + kind + axes, [op = ops.second](const Layer& layer, const LayerCall& call) {
            return emit_global_pooling(op, static_cast<const GlobalPoolingLayer&>(layer), call);
          });
    }
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
