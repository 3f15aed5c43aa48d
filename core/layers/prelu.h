// PReLU: x above 0, alpha x below, with an alpha learnt for each place. He et al., 2015.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct PReLUOptions {
  Ref<Initializer> alpha_initializer = "zeros";
  Ref<Regularizer> alpha_regularizer = {};
  Ref<Constraint> alpha_constraint = {};
  // Axes, counted from 1 after the rows, along which all places have one alpha.
  std::optional<std::vector<int>> shared_axes = {};
};

class PReLULayer final : public Layer {
 public:
  using Options = PReLUOptions;
  explicit PReLULayer(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
  VariablePtr alpha_;
};
using PReLU = LayerOf<PReLULayer>;

}  // namespace tutti
