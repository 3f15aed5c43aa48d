// The mark on what a layer returns: a view of the value that knows the call.
#pragma once

#include <memory>

#include "core/graph/op.h"
#include "core/layers/layer.h"

namespace tutti {

class LayerOutputOp final : public Op {
 public:
  LayerOutputOp(std::shared_ptr<const LayerCall> call, size_t output)
      : call_(std::move(call)), output_(output) {}
  std::string_view name() const override { return "layer"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  std::vector<Value> gradient(const std::shared_ptr<Node>&,
                              std::span<const Value> output_gradients) const override {
    return {output_gradients[0]};
  }
  std::string parameters() const override { return call_->layer->name(); }
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool view() const override { return true; }
  const std::shared_ptr<const LayerCall>& call() const { return call_; }
  size_t output() const { return output_; }  // which of the call's

 private:
  std::shared_ptr<const LayerCall> call_;
  size_t output_;
};

// The value that a layer computed, without the mark; other values are returned as they are.
Value unmarked(Value value);

}  // namespace tutti
