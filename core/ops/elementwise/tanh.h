// The hyperbolic tangent.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/exponential.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Tanh : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return tanh_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V&, const V& y, const V& dy) {
    return {dy * (1.0 - y * y)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
