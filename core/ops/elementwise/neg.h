// -x
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Neg : Unary {
  static constexpr bool linear = true;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return static_cast<T>(-x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V&, const V&, const V& dy) {
    return {-dy};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
