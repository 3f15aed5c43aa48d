// The gradient of relu from its own, dy, and its result, y: dy where y > 0, else 0.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct ReluGradient : Binary {
  template <class T>
  TUTTI_SCALAR T forward(T dy, T y) {
    return y > T(0) ? dy : T(0);
  }
  template <class V>
  static Gradients<V, 2> gradient(const V&, const V& y, const V&, const V& g) {
    return {relu_gradient(g, y), V()};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
