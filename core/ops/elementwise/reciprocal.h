// 1 / x
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Reciprocal : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return T(1) / x;
  }
  template <class V>
  static Gradients<V, 1> gradient(const V&, const V& y, const V& dy) {
    return {-dy * y * y};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
