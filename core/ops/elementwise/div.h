// x / y
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Div : Binary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x, T y) {
    return x / y;
  }
  template <class V>
  static Gradients<V, 2> gradient(const V&, const V& y, const V& z, const V& dz) {
    return {dz / y, -dz * z / y};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
