// max(x, 0); at 0 the gradient is 0. The gradient reads the result, which the next op keeps anyway.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Relu : Unary {
  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return x < T(0) ? T(0) : x;
  }
  template <class V>
  static Gradients<V, 1> gradient(const V&, const V& y, const V& dy) {
    return {relu_gradient(dy, y)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
