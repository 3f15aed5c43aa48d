// x * x
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Square : Unary {
  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return static_cast<T>(x * x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    return {dy * (2.0 * x)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
