// EinsumDense: activation(einsum(equation, x, kernel) + bias), the product that an equation names.
//   "ab,bc->ac" is Dense; "...x,xy->...y" Dense over any axes; "abc,cde->abde" one of heads
#pragma once

#include "core/activations/activation.h"
#include "core/layers/layer.h"
#include "core/ops/einsum.h"

namespace tutti {

struct EinsumDenseOptions {
  std::string equation = "";
  Shape output_shape = {};  // without rows and what `...` stands for; null where the input tells it
  Ref<ActivationFunction> activation = {};
  std::optional<std::string> bias_axes = {};  // axes of the result with biases of their own
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Constraint> kernel_constraint = {};
  Ref<Constraint> bias_constraint = {};
  Ref<QuantizationConfig> quantization_config = {};  // how quantize() made weights whole numbers
};

class EinsumDenseLayer final : public Layer {
 public:
  using Options = EinsumDenseOptions;
  explicit EinsumDenseLayer(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override;

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;
  Ref<QuantizationConfig>* quantization_config() override { return &options_.quantization_config; }

 private:
  void build_bias(const EinsumTerms& terms, const std::function<int64_t(char)>& extent);
  QuantizedForm quantized_form(const Shape& kernel, const EinsumTerms& terms) const;
  Value product(const Value& x);

  Options options_;
  VariablePtr kernel_, bias_;
  Shape kernel_shape_;
  std::shared_ptr<QuantizedWeight> quantized_;
};
using EinsumDense = LayerOf<EinsumDenseLayer>;

}  // namespace tutti
