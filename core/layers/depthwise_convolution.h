// DepthwiseConv1D, DepthwiseConv2D: each channel by itself, `depth_multiplier` times.
// SeparableConv1D, SeparableConv2D: that, then a pointwise convolution. Chollet, "Xception", 2017.
//
// Depthwise kernels are (k.., channels, depth_multiplier), pointwise ones (1.., channels
// depth_multiplier, filters), as Keras's.
#pragma once

#include "core/activations/activation.h"
#include "core/layers/layer.h"
#include "core/layers/spatial.h"

namespace tutti {

struct DepthwiseConvolutionOptions {
  Extents kernel_size = {};
  Extents strides = 1;
  std::string padding = "valid";
  int64_t depth_multiplier = 1;
  std::optional<std::string> data_format = {};
  Extents dilation_rate = 1;
  Ref<ActivationFunction> activation = {};
  bool use_bias = true;
  Ref<Initializer> depthwise_initializer = "glorot_uniform";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> depthwise_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Regularizer> activity_regularizer = {};
  Ref<Constraint> depthwise_constraint = {};
  Ref<Constraint> bias_constraint = {};
};

class DepthwiseConvolutionLayer : public Layer {
 public:
  using Options = DepthwiseConvolutionOptions;
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override;

 protected:
  DepthwiseConvolutionLayer(size_t axes, const char* name, Options options);
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  size_t axes_;
  Options options_;
  VariablePtr kernel_, bias_;
};

struct SeparableConvolutionOptions {
  int64_t filters = 0;
  Extents kernel_size = {};
  Extents strides = 1;
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Extents dilation_rate = 1;
  int64_t depth_multiplier = 1;
  Ref<ActivationFunction> activation = {};
  bool use_bias = true;
  Ref<Initializer> depthwise_initializer = "glorot_uniform";
  Ref<Initializer> pointwise_initializer = "glorot_uniform";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> depthwise_regularizer = {};
  Ref<Regularizer> pointwise_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Regularizer> activity_regularizer = {};
  Ref<Constraint> depthwise_constraint = {};
  Ref<Constraint> pointwise_constraint = {};
  Ref<Constraint> bias_constraint = {};
};

class SeparableConvolutionLayer : public Layer {
 public:
  using Options = SeparableConvolutionOptions;
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override;

 protected:
  SeparableConvolutionLayer(size_t axes, const char* name, Options options);
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  size_t axes_;
  Options options_;
  VariablePtr depthwise_, pointwise_, bias_;
};

#define TUTTI_CHANNEL_CONVOLUTION(Name, Base, axes)                                  \
  class Name##Layer final : public Base {                                            \
   public:                                                                           \
    explicit Name##Layer(Options options) : Base(axes, #Name, std::move(options)) {} \
  };                                                                                 \
  using Name = LayerOf<Name##Layer>

TUTTI_CHANNEL_CONVOLUTION(DepthwiseConv1D, DepthwiseConvolutionLayer, 1);
TUTTI_CHANNEL_CONVOLUTION(DepthwiseConv2D, DepthwiseConvolutionLayer, 2);
TUTTI_CHANNEL_CONVOLUTION(SeparableConv1D, SeparableConvolutionLayer, 1);
TUTTI_CHANNEL_CONVOLUTION(SeparableConv2D, SeparableConvolutionLayer, 2);
#undef TUTTI_CHANNEL_CONVOLUTION

}  // namespace tutti
