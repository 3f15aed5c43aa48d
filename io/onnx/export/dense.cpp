// Dense of rows without further axes: Gemm. With further axes its ops are MatMul and Add.
#include "core/layers/dense.h"

#include "io/onnx/export/emitters.h"

namespace tutti::onnx {
namespace {

CallEmitter emit_dense(const DenseLayer& layer, const LayerCall& call) {
  if (call.inputs[0].shape().rank() != 2) return {};
  return [&layer, shape = call.outputs[0]](GraphWriter& graph, ActivationWriter& activations,
                                           const Names& inputs) {
    const auto weights = layer.weights();
    Names in{inputs[0], graph.weight(*weights[0])};
    if (layer.options().use_bias) in.push_back(graph.weight(*weights[1]));
    return Names{activations.activate(layer.options().activation, graph.node("Gemm", in), shape)};
  };
}

[[maybe_unused]] const bool dense_entered = register_layers<DenseLayer>({"Dense"}, emit_dense);

}  // namespace
}  // namespace tutti::onnx
