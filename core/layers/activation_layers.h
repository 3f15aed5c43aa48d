// Layers that are an activation: Activation("relu"), ReLU, LeakyReLU, ELU, Softmax. They keep the
// shape.
#pragma once

#include "core/activations/elu.h"
#include "core/activations/relu.h"
#include "core/layers/layer.h"

namespace tutti {

struct ActivationLayerOptions {
  Ref<ActivationFunction> activation = {};
};

class ActivationLayer final : public Layer {
 public:
  using Options = ActivationLayerOptions;
  explicit ActivationLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }
  std::vector<LayerPart> parts() const override;

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};

using Activation = LayerOf<ActivationLayer>;

class ReLULayer final : public Layer {
 public:
  using Options = ReluOptions;
  explicit ReLULayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using ReLU = LayerOf<ReLULayer>;

struct LeakyReLUOptions {
  double negative_slope = 0.3;  // the activation's default is 0.2, in Keras too
};

class LeakyReLULayer final : public Layer {
 public:
  using Options = LeakyReLUOptions;
  explicit LeakyReLULayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using LeakyReLU = LayerOf<LeakyReLULayer>;

class ELULayer final : public Layer {
 public:
  using Options = EluOptions;
  explicit ELULayer(Options options) : options_(options) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using ELU = LayerOf<ELULayer>;

struct SoftmaxLayerOptions {
  std::vector<int> axis = {-1};  // whose elements add to 1, together
};

// Called on {x} or {x, mask}: elements where the mask, which broadcasts to x, is 0 or false are 0
// and do not count; without one the mask that x carries counts, if any.
class SoftmaxLayer final : public Layer {
 public:
  using Options = SoftmaxLayerOptions;
  explicit SoftmaxLayer(Options options) : options_(std::move(options)) {}

  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Softmax = LayerOf<SoftmaxLayer>;

}  // namespace tutti
