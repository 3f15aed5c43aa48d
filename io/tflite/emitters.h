// What layers become in a LiteRT file: each file of this folder enters its kinds.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "core/activations/activation.h"
#include "core/layers/layer.h"
#include "io/tflite/writer.h"

namespace tutti::tflite {

// A call of a layer, to be written.
struct Emission {
  Writer& writer;
  const LayerCall& call;
  std::vector<Id> inputs;
  Value result;  // what the call returned, as ops computed it

  const Shape& in(size_t i = 0) const { return call.inputs[i].shape(); }
  const Shape& out() const { return call.outputs[0]; }
  Tensor weight(size_t i) const { return call.layer->weights().at(i)->value().to_host(); }
  // Throws "[layer] message".
  [[noreturn]] void refuse(const std::string& message) const;
  Id activated(const Ref<ActivationFunction>& activation, Id x, const Shape& shape) const;
  Id binary(Op op, Id a, Id b, const Shape& shape) const;  // ADD, SUB or MUL
};

using Emitter = std::function<Id(const Emission& emission)>;
bool register_emitter(std::initializer_list<const char*> kinds, Emitter emitter);
// A kind that nobody entered is written in its ops, where those are elementwise; throws for others.
Id emit(const Emission& emission);

Id emit_ops(const Emission& emission);

template <typename L>
bool register_layers(std::initializer_list<const char*> kinds,
                     Id (*emitter)(const L& layer, const Emission& emission)) {
  return register_emitter(kinds, [emitter](const Emission& emission) {
    return emitter(static_cast<const L&>(*emission.call.layer), emission);
  });
}

}  // namespace tutti::tflite
