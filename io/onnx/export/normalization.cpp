// BatchNormalization with its moving statistics, and LayerNormalization over the last axes.
#include "core/layers/batch_normalization.h"

#include <algorithm>
#include <numeric>

#include "core/layers/row_normalizations.h"
#include "io/onnx/export/emitters.h"

namespace tutti::onnx {
namespace {

// A layer's weights in Keras's order; one that it leaves out is a constant.
class WeightsInOrder {
 public:
  WeightsInOrder(GraphWriter& graph, const Layer& layer)
      : graph_(graph), weights_(layer.weights()) {}
  std::string next(bool there, double otherwise, const Shape& shape) {
    if (there) return next();
    return graph_.constant(Tensor::full(shape, otherwise));
  }
  std::string next() { return graph_.weight(*weights_.at(at_++)); }

 private:
  GraphWriter& graph_;
  std::vector<VariablePtr> weights_;
  size_t at_ = 0;
};

CallEmitter emit_batch_normalization(const BatchNormalizationLayer& layer, const LayerCall& call) {
  const Shape& shape = call.inputs[0].shape();
  const int axis = normalize_axis(layer.options().axis, shape.rank(), "onnx");
  Order to_second(static_cast<size_t>(shape.rank()));
  std::iota(to_second.begin(), to_second.end(), 0);
  Order back = to_second;
  std::rotate(to_second.begin() + 1, to_second.begin() + axis, to_second.begin() + axis + 1);
  std::rotate(back.begin() + 1, back.begin() + 2, back.begin() + axis + 1);
  return [=, &layer, features = Shape{shape[axis]}](GraphWriter& graph, ActivationWriter&,
                                                    const Names& inputs) {
    const auto& o = layer.options();
    WeightsInOrder weights(graph, layer);
    const std::string x = graph.transpose(inputs[0], to_second),
                      gamma = weights.next(o.scale, 1, features),
                      beta = weights.next(o.center, 0, features), mean = weights.next(),
                      variance = weights.next();
    const std::string y = graph.node(
        "BatchNormalization", {x, gamma, beta, mean, variance},
        {{"epsilon", static_cast<float>(o.epsilon)}, {"momentum", static_cast<float>(o.momentum)}});
    return Names{graph.transpose(y, back)};
  };
}

CallEmitter emit_layer_normalization(const LayerNormalizationLayer& layer, const LayerCall& call) {
  const Shape& shape = call.inputs[0].shape();
  std::vector<int> axes = layer.options().axis;
  for (int& axis : axes) axis = normalize_axis(axis, shape.rank(), "onnx");
  std::ranges::sort(axes);
  const int first = axes[0];
  if (first + static_cast<int>(axes.size()) != shape.rank()) return {};
  const Shape extents({shape.dims().begin() + first, shape.dims().end()});
  return [=, &layer](GraphWriter& graph, ActivationWriter&, const Names& inputs) {
    const auto& o = layer.options();
    WeightsInOrder weights(graph, layer);
    Names in{inputs[0], weights.next(o.scale, 1, extents)};
    if (o.center) in.push_back(weights.next());
    return Names{
        graph.node("LayerNormalization", in,
                   {{"axis", int64_t{first}}, {"epsilon", static_cast<float>(o.epsilon)}})};
  };
}

[[maybe_unused]] const bool normalizations_entered =
    register_layers<BatchNormalizationLayer>({"BatchNormalization"}, emit_batch_normalization) &&
    register_layers<LayerNormalizationLayer>({"LayerNormalization"}, emit_layer_normalization);

}  // namespace
}  // namespace tutti::onnx
