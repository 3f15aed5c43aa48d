// |x|; at 0 the gradient is 0.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Abs : Unary {
  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return absolute(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    return {dy * sign(x)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
