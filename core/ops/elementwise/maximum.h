// The larger; NaN if either is. The gradient of equal arguments goes to the first.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Maximum : Binary {
  template <class T>
  TUTTI_SCALAR T forward(T x, T y) {
    return ((x >= y) | (x != x)) ? x : y;
  }
  template <class V>
  static Gradients<V, 2> gradient(const V& x, const V& y, const V&, const V& dz) {
    const V first = greater_equal(x, y);
    return {select(first, dz, 0.0), select(first, 0.0, dz)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
