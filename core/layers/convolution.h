// Conv1D, Conv2D, Conv3D: activation(windows of x times kernel + bias).
//
// Kernel (k.., channels / groups, filters), as Keras's. "same" pads what is odd after, as
// TensorFlow does.
#pragma once

#include "core/activations/activation.h"
#include "core/layers/layer.h"
#include "core/layers/spatial.h"

namespace tutti {

struct ConvolutionOptions {
  int64_t filters = 0;
  Extents kernel_size = {};
  Extents strides = 1;
  std::string padding = "valid";  // or same; for one axis also causal
  std::optional<std::string> data_format = {};
  Extents dilation_rate = 1;
  int64_t groups = 1;
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

class ConvolutionLayer : public Layer {
 public:
  using Options = ConvolutionOptions;
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override;

 protected:
  ConvolutionLayer(size_t axes, const char* name, Options options);
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  size_t axes_;
  Options options_;
  VariablePtr kernel_, bias_;
};

class Conv1DLayer final : public ConvolutionLayer {
 public:
  explicit Conv1DLayer(Options options) : ConvolutionLayer(1, "Conv1D", std::move(options)) {}
};
class Conv2DLayer final : public ConvolutionLayer {
 public:
  explicit Conv2DLayer(Options options) : ConvolutionLayer(2, "Conv2D", std::move(options)) {}
};
class Conv3DLayer final : public ConvolutionLayer {
 public:
  explicit Conv3DLayer(Options options) : ConvolutionLayer(3, "Conv3D", std::move(options)) {}
};
using Conv1D = LayerOf<Conv1DLayer>;
using Conv2D = LayerOf<Conv2DLayer>;
using Conv3D = LayerOf<Conv3DLayer>;

}  // namespace tutti
