// The error function.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/error_function.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Erf : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return erf_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    return {dy * (1.1283791670955126 * exp(-square(x)))};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
