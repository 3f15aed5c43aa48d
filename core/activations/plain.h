// The activations that take no arguments.
#pragma once

#include "core/activations/activation.h"

namespace tutti {

class PlainActivation : public ActivationFunction {
 public:
  using Options = NoOptions;
  explicit PlainActivation(Options = {}) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};

#define TUTTI_PLAIN_ACTIVATION(Class)                \
  class Class final : public PlainActivation {       \
   public:                                           \
    using PlainActivation::PlainActivation;          \
    Value operator()(const Value& x) const override; \
  }

TUTTI_PLAIN_ACTIVATION(LinearActivation);
TUTTI_PLAIN_ACTIVATION(SigmoidActivation);
TUTTI_PLAIN_ACTIVATION(TanhActivation);
TUTTI_PLAIN_ACTIVATION(Relu6Activation);
TUTTI_PLAIN_ACTIVATION(SeluActivation);
TUTTI_PLAIN_ACTIVATION(SoftplusActivation);
TUTTI_PLAIN_ACTIVATION(SoftsignActivation);
TUTTI_PLAIN_ACTIVATION(SiluActivation);
TUTTI_PLAIN_ACTIVATION(MishActivation);
TUTTI_PLAIN_ACTIVATION(ExponentialActivation);
TUTTI_PLAIN_ACTIVATION(HardSigmoidActivation);
TUTTI_PLAIN_ACTIVATION(LogSigmoidActivation);
TUTTI_PLAIN_ACTIVATION(HardSiluActivation);
TUTTI_PLAIN_ACTIVATION(HardTanhActivation);
TUTTI_PLAIN_ACTIVATION(TanhShrinkActivation);
TUTTI_PLAIN_ACTIVATION(SparsePlusActivation);
TUTTI_PLAIN_ACTIVATION(SparseSigmoidActivation);

#undef TUTTI_PLAIN_ACTIVATION

}  // namespace tutti
