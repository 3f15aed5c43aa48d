#include "core/activations/plain.h"

#include "core/ops/elementwise.h"

namespace tutti {

Value LinearActivation::operator()(const Value& x) const { return x; }
Value SigmoidActivation::operator()(const Value& x) const { return sigmoid(x); }
Value TanhActivation::operator()(const Value& x) const { return tanh(x); }
Value Relu6Activation::operator()(const Value& x) const { return minimum(relu(x), 6.0); }

// The fixed point of self-normalizing networks (Klambauer et al., 2017).
Value SeluActivation::operator()(const Value& x) const {
  constexpr double alpha = 1.6732632423543772, scale = 1.0507009873554805;
  return scale * select(greater(x, 0.0), x, alpha * expm1(minimum(x, 0.0)));
}
Value SoftplusActivation::operator()(const Value& x) const { return softplus(x); }
Value SoftsignActivation::operator()(const Value& x) const { return x / (1.0 + abs(x)); }
Value SiluActivation::operator()(const Value& x) const { return silu(x); }
Value MishActivation::operator()(const Value& x) const { return x * tanh(softplus(x)); }
Value ExponentialActivation::operator()(const Value& x) const { return exp(x); }
Value HardSigmoidActivation::operator()(const Value& x) const {
  return minimum(relu(x + 3.0), 6.0) * (1.0 / 6.0);
}
Value LogSigmoidActivation::operator()(const Value& x) const { return -softplus(-x); }
Value HardSiluActivation::operator()(const Value& x) const {
  return x * HardSigmoidActivation()(x);
}
Value HardTanhActivation::operator()(const Value& x) const {
  return minimum(maximum(x, -1.0), 1.0);
}
Value TanhShrinkActivation::operator()(const Value& x) const { return x - tanh(x); }
Value SparsePlusActivation::operator()(const Value& x) const {
  return select(less(x, 1.0), 0.25 * square(relu(x + 1.0)), x);
}
Value SparseSigmoidActivation::operator()(const Value& x) const {
  return 0.5 * minimum(relu(x + 1.0), 2.0);
}

TUTTI_REGISTER(ActivationFunction, LinearActivation, "linear", "x");
TUTTI_REGISTER(ActivationFunction, SigmoidActivation, "sigmoid", "1 / (1 + e^-x)");
TUTTI_REGISTER(ActivationFunction, TanhActivation, "tanh", "hyperbolic tangent");
TUTTI_REGISTER(ActivationFunction, Relu6Activation, "relu6", "relu cut at 6");
TUTTI_REGISTER(ActivationFunction, SeluActivation, "selu", "scaled elu with fixed scale and alpha");
TUTTI_REGISTER(ActivationFunction, SoftplusActivation, "softplus", "log(1 + e^x)");
TUTTI_REGISTER(ActivationFunction, SoftsignActivation, "softsign", "x / (1 + |x|)");
TUTTI_REGISTER(ActivationFunction, SiluActivation, "silu", "x sigmoid(x)").alias("swish");
TUTTI_REGISTER(ActivationFunction, MishActivation, "mish", "x tanh(softplus(x))");
TUTTI_REGISTER(ActivationFunction, ExponentialActivation, "exponential", "e^x");
TUTTI_REGISTER(ActivationFunction, HardSigmoidActivation, "hard_sigmoid", "relu6(x + 3) / 6");
TUTTI_REGISTER(ActivationFunction, LogSigmoidActivation, "log_sigmoid", "the logarithm of sigmoid");
TUTTI_REGISTER(ActivationFunction, HardSiluActivation, "hard_silu", "x hard_sigmoid(x)")
    .alias("hard_swish");
TUTTI_REGISTER(ActivationFunction, HardTanhActivation, "hard_tanh", "x cut to [-1, 1]");
TUTTI_REGISTER(ActivationFunction, TanhShrinkActivation, "tanh_shrink", "x - tanh(x)");
TUTTI_REGISTER(ActivationFunction, SparsePlusActivation, "sparse_plus",
               "0 up to -1, (x + 1)^2 / 4 up to 1, x above");
TUTTI_REGISTER(ActivationFunction, SparseSigmoidActivation, "sparse_sigmoid",
               "(x + 1) / 2 cut to [0, 1]");

}  // namespace tutti
