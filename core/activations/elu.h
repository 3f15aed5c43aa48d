// elu: x above 0, alpha (e^x - 1) below; celu: alpha (e^(x / alpha) - 1) below (Barron, 2017).
#pragma once

#include "core/activations/activation.h"

namespace tutti {

struct EluOptions {
  double alpha = 1.0;
};

class EluActivation final : public ActivationFunction {
 public:
  using Options = EluOptions;
  explicit EluActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

class CeluActivation final : public ActivationFunction {
 public:
  using Options = EluOptions;
  explicit CeluActivation(Options options = {});  // throws for an alpha of 0
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
