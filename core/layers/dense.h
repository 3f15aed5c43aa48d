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
  Ref<QuantizationConfig> quantization_config = {};  // how quantize() made weights whole numbers
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
  Ref<QuantizationConfig>* quantization_config() override { return &options_.quantization_config; }

 private:
  Value product(const Value& x);

  Options options_;
  VariablePtr kernel_, bias_;
  std::shared_ptr<QuantizedWeight> quantized_;
};
using Dense = LayerOf<DenseLayer>;

}  // namespace tutti
