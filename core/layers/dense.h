// Dense: activation(x kernel + bias) over the last axis of an input of any rank.
#pragma once

#include "core/activations/activation.h"
#include "core/layers/layer.h"

namespace tutti {

struct DenseOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = {};
  bool use_bias = true;
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Regularizer> activity_regularizer = {};  // on the output
  Ref<Constraint> kernel_constraint = {};
  Ref<Constraint> bias_constraint = {};
};

class DenseLayer final : public Layer {
 public:
  using Options = DenseOptions;
  explicit DenseLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }
  std::vector<LayerPart> parts() const override;

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  Options options_;
  VariablePtr kernel_, bias_;
};
using Dense = LayerOf<DenseLayer>;

}  // namespace tutti
