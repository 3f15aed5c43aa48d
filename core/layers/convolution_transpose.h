// Conv1DTranspose, Conv2DTranspose, Conv3DTranspose: what a convolution's input gradient does, with
// weights of its own. Zeiler et al., "Deconvolutional networks", 2010.
//
// Kernel (k.., filters, channels), as Keras's. Output extents, with reach = (k - 1) dilation + 1:
// valid (s - 1) stride + reach + output_padding, by default at least s stride; same s stride, or
// (s - 1) stride + reach % 2 + output_padding where that is given.
#pragma once

#include "core/activations/activation.h"
#include "core/layers/layer.h"
#include "core/layers/spatial.h"

namespace tutti {

struct ConvolutionTransposeOptions {
  int64_t filters = 0;
  Extents kernel_size = {};
  Extents strides = 1;
  std::string padding = "valid";
  std::optional<Extents> output_padding = {};  // below the strides
  std::optional<std::string> data_format = {};
  Extents dilation_rate = 1;
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

// The windows that a convolution from the output back to the input would have, and its extents.
struct TransposedWindows {
  Windows windows;
  std::vector<int64_t> extents;  // of the output
};
TransposedWindows transposed_windows(const ConvolutionTransposeOptions& options,
                                     const std::vector<int64_t>& inputs);

class ConvolutionTransposeLayer : public Layer {
 public:
  using Options = ConvolutionTransposeOptions;
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override;

 protected:
  ConvolutionTransposeLayer(size_t axes, const char* name, Options options);
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  size_t axes_;
  Options options_;
  VariablePtr kernel_, bias_;
};

class Conv1DTransposeLayer final : public ConvolutionTransposeLayer {
 public:
  explicit Conv1DTransposeLayer(Options options)
      : ConvolutionTransposeLayer(1, "Conv1DTranspose", std::move(options)) {}
};
class Conv2DTransposeLayer final : public ConvolutionTransposeLayer {
 public:
  explicit Conv2DTransposeLayer(Options options)
      : ConvolutionTransposeLayer(2, "Conv2DTranspose", std::move(options)) {}
};
class Conv3DTransposeLayer final : public ConvolutionTransposeLayer {
 public:
  explicit Conv3DTransposeLayer(Options options)
      : ConvolutionTransposeLayer(3, "Conv3DTranspose", std::move(options)) {}
};
using Conv1DTranspose = LayerOf<Conv1DTransposeLayer>;
using Conv2DTranspose = LayerOf<Conv2DTransposeLayer>;
using Conv3DTranspose = LayerOf<Conv3DTransposeLayer>;

}  // namespace tutti
