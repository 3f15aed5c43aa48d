// Masks: marks on values, as layers' calls are.
#include <algorithm>

#include "core/base/error.h"
#include "core/layers/layer.h"
#include "core/layers/layer_output.h"
#include "core/ops/cast.h"

namespace tutti {
namespace {

class MaskOp final : public Op {
 public:
  explicit MaskOp(Value mask) : mask_(std::move(mask)) {}
  std::string_view name() const override { return "mask"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  std::vector<Value> gradient(const std::shared_ptr<Node>&,
                              std::span<const Value> output_gradients) const override {
    return {output_gradients[0]};
  }
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool view() const override { return true; }
  const Value& mask() const { return mask_; }

 private:
  Value mask_;
};

}  // namespace

Value mask_of(const Value& value) {
  const Op* op = value.node()->op.get();
  if (const auto* marked = dynamic_cast<const MaskOp*>(op)) return marked->mask();
  const auto* output = dynamic_cast<const LayerOutputOp*>(op);
  return output ? output->call()->masks[output->output()] : Value();
}

Value with_mask(const Value& value, const Value& mask) {
  if (!mask.defined()) return value;
  const auto &dims = mask.shape().dims(), &masked = value.shape().dims();
  if (mask.dtype() != DType::bool_ || dims.empty() || dims.size() > masked.size() ||
      !std::equal(dims.begin(), dims.end(), masked.begin()))
    fail("with_mask", "{} is no mask of {}; use a bool for each place of its first axes",
         to_string(mask.type()), to_string(value.type()));
  return make_node(std::make_shared<MaskOp>(mask), {value});
}

Value cast_with_mask(const Value& value, DType dtype) {
  return value.dtype() == dtype ? value : with_mask(cast(value, dtype), mask_of(value));
}

Value widen_half(const Value& value) {
  return is_half(value.dtype()) ? cast_with_mask(value, DType::f32) : value;
}

std::vector<Value> Layer::compute_mask(const std::vector<Value>& inputs) {
  std::vector<Value> masks;
  for (const auto& input : inputs) masks.push_back(mask_of(input));
  return masks;
}

// As Keras's: what call() returned may have masks already, those of layers inside.
std::vector<Value> Layer::masks_of(const std::vector<Value>& inputs,
                                   const std::vector<Value>& outputs) {
  std::vector<Value> masks;
  bool all = true;
  for (const auto& output : outputs) {
    masks.push_back(mask_of(output));
    all = all && masks.back().defined();
  }
  if (all || !supports_masking()) return masks;
  auto computed = compute_mask(inputs);
  computed.resize(outputs.size());
  for (size_t i = 0; i < masks.size(); ++i)
    if (!masks[i].defined()) masks[i] = computed[i];
  return masks;
}

}  // namespace tutti
