// log(1 + e^x), without overflow.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/exponential.h"
#include "core/ops/scalar/logarithm.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Softplus : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return (x < T(0) ? T(0) : x) + log1p_of(exp_of(-absolute(x)));
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    return {dy * sigmoid(x)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
