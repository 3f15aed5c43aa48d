// The remainder of x / y with the sign of y, as in Python. Of integers, 0 where y is 0.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/modulus.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Mod : Binary {
  template <class T>
  TUTTI_SCALAR T forward(T x, T y) {
    return modulus(x, y);
  }
  template <class V>
  static Gradients<V, 2> gradient(const V& x, const V& y, const V&, const V& dz) {
    return {dz, -dz * floor(x / y)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
