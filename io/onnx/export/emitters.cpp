#include "io/onnx/export/emitters.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace tutti::onnx {
namespace {

template <typename Emitter>
std::map<std::string, Emitter, std::less<>>& emitters_of() {
  static std::map<std::string, Emitter, std::less<>> all;
  return all;
}

template <typename Emitter>
const Emitter* find_emitter(std::string_view name) {
  const auto& all = emitters_of<Emitter>();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

template <typename Emitter>
bool enter(const std::string& name, Emitter emitter) {
  return emitters_of<Emitter>().emplace(name, std::move(emitter)).second;
}

}  // namespace

bool register_op_emitter(const std::string& op, OpEmitter emitter) {
  return enter(op, std::move(emitter));
}
const OpEmitter* op_emitter(std::string_view op) { return find_emitter<OpEmitter>(op); }

bool register_activation_emitter(const std::string& kind, ActivationEmitter emitter) {
  return enter(kind, std::move(emitter));
}
const ActivationEmitter* activation_emitter(const ActivationFunction& activation) {
  const KindInfo* kind = kind_of(activation);
  return kind ? find_emitter<ActivationEmitter>(kind->name) : nullptr;
}

bool register_layer_emitter(const std::string& kind, LayerEmitter emitter) {
  return enter(kind, std::move(emitter));
}
CallEmitter call_emitter(const LayerCall& call) {
  const KindInfo* kind = kind_of(*call.layer);
  const auto* emitter = kind ? find_emitter<LayerEmitter>(kind->name) : nullptr;
  // The operators are for float32; Keras's casts to a layer's dtype are ops.
  const bool plain =
      call.layer->dtype() == DType::f32 && std::ranges::all_of(call.inputs, [](const Value& input) {
        return input.dtype() == DType::f32;
      });
  return emitter && plain ? (*emitter)(*call.layer, call) : CallEmitter();
}

Order channels_to_front(size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  if (rank > 2) std::rotate(order.begin() + 1, order.end() - 1, order.end());
  return order;
}
Order channels_to_back(size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  if (rank > 2) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

}  // namespace tutti::onnx
