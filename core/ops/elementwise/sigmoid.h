// 1 / (1 + e^-x)
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/exponential.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Sigmoid : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return sigmoid_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V&, const V& y, const V& dy) {
    return {dy * (y * (1.0 - y))};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
