// x * y
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Mul : Binary {
  template <class T>
  TUTTI_SCALAR T forward(T x, T y) {
    return static_cast<T>(x * y);
  }
  template <class V>
  static Gradients<V, 2> gradient(const V& x, const V& y, const V&, const V& dz) {
    return {dz * y, dz * x};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
