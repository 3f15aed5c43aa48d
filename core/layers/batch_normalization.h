// BatchNormalization: while training (x - mean) / sqrt(variance + epsilon) gamma + beta with the
// statistics of the global batch, whatever the number of ranks; otherwise with moving averages of
// them. Ioffe & Szegedy, 2015. A frozen layer (trainable: false) always uses the averages, as
// Keras's does.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct BatchNormalizationOptions {
  int axis = -1;  // of the features, each of which has statistics of its own
  double momentum = 0.99;
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Ref<Initializer> beta_initializer = "zeros";
  Ref<Initializer> gamma_initializer = "ones";
  Ref<Initializer> moving_mean_initializer = "zeros";
  Ref<Initializer> moving_variance_initializer = "ones";
  Ref<Regularizer> beta_regularizer = {};
  Ref<Regularizer> gamma_regularizer = {};
  Ref<Constraint> beta_constraint = {};
  Ref<Constraint> gamma_constraint = {};
  bool synchronized = false;  // changes nothing: statistics are always those of all ranks
};

class BatchNormalizationLayer final : public Layer {
 public:
  using Options = BatchNormalizationOptions;
  explicit BatchNormalizationLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  Autocast autocast() const override { return {.inputs = true, .weights = false}; }
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  Options options_;
  VariablePtr gamma_, beta_, moving_mean_, moving_variance_;
};
using BatchNormalization = LayerOf<BatchNormalizationLayer>;

}  // namespace tutti
