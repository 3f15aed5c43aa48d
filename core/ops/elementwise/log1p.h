// log(1 + x), exact near 0.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/logarithm.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Log1p : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return log1p_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    return {dy / (x + 1.0)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
