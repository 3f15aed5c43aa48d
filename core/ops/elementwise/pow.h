// x^y with the special cases of C. The gradient in y takes log x as 0 where x <= 0.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/power.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Pow : Binary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x, T y) {
    return pow_of(x, y);
  }
  template <class V>
  static Gradients<V, 2> gradient(const V& x, const V& y, const V& z, const V& dz) {
    const V positive = greater(x, 0.0);
    return {dz * (y * pow(x, y - 1.0)), dz * (z * log(select(positive, x, 1.0)))};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
