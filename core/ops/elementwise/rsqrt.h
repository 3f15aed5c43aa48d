// 1 / sqrt(x), rounded twice.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Rsqrt : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return T(1) / square_root(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V& y, const V& dy) {
    return {dy * -0.5 * y / x};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
