// softmax and log_softmax along an axis.
#pragma once

#include "core/activations/activation.h"

namespace tutti {

struct SoftmaxOptions {
  int axis = -1;
};

class SoftmaxActivation final : public ActivationFunction {
 public:
  using Options = SoftmaxOptions;
  explicit SoftmaxActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

class LogSoftmaxActivation final : public ActivationFunction {
 public:
  using Options = SoftmaxOptions;
  explicit LogSoftmaxActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
