#include "io/tflite/emitters.h"

#include <map>

#include "core/base/error.h"

namespace tutti::tflite {
namespace {

std::map<std::string, Emitter>& emitters() {
  static std::map<std::string, Emitter> all;
  return all;
}

}  // namespace

void Emission::refuse(const std::string& message) const {
  throw Error(fmt::format("[{}] {}", call.layer->name(), message), ExitCode::missing);
}

Id Emission::binary(Op op, Id a, Id b, const Shape& shape) const {
  if (op == Op::ADD)
    return writer.node(op, {a, b}, shape, schema::BuiltinOptions::AddOptions,
                       schema::AddOptionsT());
  if (op == Op::SUB)
    return writer.node(op, {a, b}, shape, schema::BuiltinOptions::SubOptions,
                       schema::SubOptionsT());
  if (op == Op::MUL)
    return writer.node(op, {a, b}, shape, schema::BuiltinOptions::MulOptions,
                       schema::MulOptionsT());
  return writer.node(op, {a, b}, shape);
}

bool register_emitter(std::initializer_list<const char*> kinds, Emitter emitter) {
  for (const char* kind : kinds) emitters()[kind] = emitter;
  return true;
}

Id emit(const Emission& emission) {
  const Layer& layer = *emission.call.layer;
  if (layer.quantization())
    emission.refuse(
        "is quantized, which is not written to .tflite; write the model before quantize()");
  if (layer.compute_dtype() != DType::f32)
    emission.refuse(fmt::format("computes in {}; .tflite files are written in float32",
                                name_of(layer.compute_dtype())));
  for (const auto& input : emission.call.inputs)
    if (mask_of(input).defined())
      emission.refuse("takes a mask, which is not written to .tflite; leave the mask out");
  const auto found = emitters().find(layer.class_name());
  return found == emitters().end() ? emit_ops(emission) : found->second(emission);
}

}  // namespace tutti::tflite
