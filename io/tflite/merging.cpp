// Layers of several inputs.
#include "core/layers/merging.h"

#include "io/tflite/emitters.h"

namespace tutti::tflite {
namespace {

template <Op op>
Id merged(const Emission& e) {
  Id y = e.inputs[0];
  for (size_t i = 0; i < e.inputs.size(); ++i) {
    if (e.in(i).rank() != e.out().rank())
      e.refuse("merges inputs of different ranks; Reshape them to one");
    if (i > 0) y = e.binary(op, y, e.inputs[i], e.out());
  }
  return y;
}

Id average(const Emission& e) {
  const double share = 1.0 / static_cast<double>(e.inputs.size());
  return e.binary(Op::MUL, merged<Op::ADD>(e), e.writer.number(share), e.out());
}

Id concatenation(const ConcatenateLayer& layer, const Emission& e) {
  schema::ConcatenationOptionsT options;
  options.axis = normalize_axis(layer.options().axis, e.out().rank(), "tflite");
  return e.writer.node(Op::CONCATENATION, e.inputs, e.out(),
                       schema::BuiltinOptions::ConcatenationOptions, options);
}

[[maybe_unused]] const bool merging_entered =
    register_emitter({"Add"}, merged<Op::ADD>) && register_emitter({"Subtract"}, merged<Op::SUB>) &&
    register_emitter({"Multiply"}, merged<Op::MUL>) &&
    register_emitter({"Maximum"}, merged<Op::MAXIMUM>) &&
    register_emitter({"Minimum"}, merged<Op::MINIMUM>) && register_emitter({"Average"}, average) &&
    register_layers<ConcatenateLayer>({"Concatenate"}, concatenation);

}  // namespace
}  // namespace tutti::tflite
