// x sigmoid(x)
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/exponential.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Silu : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return x * sigmoid_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    const V s = sigmoid(x);
    return {dy * (s + x * (s * (1.0 - s)))};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
