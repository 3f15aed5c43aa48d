// The cosine of radians; NaN beyond 2^27.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/trigonometric.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Cos : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return cos_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    return {-dy * sin(x)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
