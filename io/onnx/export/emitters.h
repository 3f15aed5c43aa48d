// What ops and layers are in ONNX: each file of this folder enters its own at load.
//
//   ops      primitive ones by their name; others are written by their composite
//   layers   those that ONNX has an operator for; others are written by their ops
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/activations/activation.h"
#include "core/layers/layer.h"
#include "io/onnx/export/graph_writer.h"

namespace tutti::onnx {

// What stands for the outputs of a node, given what stands for its inputs.
using OpEmitter = std::function<Names(GraphWriter& graph, const Node& node, const Names& inputs)>;
bool register_op_emitter(const std::string& op, OpEmitter emitter);
const OpEmitter* op_emitter(std::string_view op);  // null: none

// The parameters of a node's op, which is a T.
template <typename T>
const T& op_of(const Node& node) {
  return static_cast<const T&>(*node.op);
}

// The rest of an activation behind an operator.
class ActivationWriter {
 public:
  virtual ~ActivationWriter() = default;
  // activation(x), x being of this shape and float32; x where there is none.
  virtual std::string activate(const Ref<ActivationFunction>& activation, const std::string& x,
                               const Shape& shape) = 0;
};

// An activation as one operator.
using ActivationEmitter = std::function<std::string(
    GraphWriter& graph, const ActivationFunction& activation, const std::string& x, size_t rank)>;
bool register_activation_emitter(const std::string& kind, ActivationEmitter emitter);
const ActivationEmitter* activation_emitter(const ActivationFunction& activation);

// What stands for a call's outputs, given what stands for its inputs.
using CallEmitter =
    std::function<Names(GraphWriter& graph, ActivationWriter& activations, const Names& inputs)>;
// An empty emitter for a call that the operator cannot express.
using LayerEmitter = std::function<CallEmitter(const Layer& layer, const LayerCall& call)>;
bool register_layer_emitter(const std::string& kind, LayerEmitter emitter);
CallEmitter call_emitter(const LayerCall& call);

template <typename L>
bool register_layers(std::initializer_list<const char*> kinds,
                     CallEmitter (*emitter)(const L& layer, const LayerCall& call)) {
  for (const char* kind : kinds)
    register_layer_emitter(kind, [emitter](const Layer& layer, const LayerCall& call) {
      return emitter(static_cast<const L&>(layer), call);
    });
  return true;
}

// Transpositions between Keras's channels-last and ONNX's channels-first.
Order channels_to_front(size_t rank);
Order channels_to_back(size_t rank);

}  // namespace tutti::onnx
