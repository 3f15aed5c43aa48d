// x where the mask is true, y elsewhere.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Select : Ternary {
  static constexpr Types types = Types::any;

  template <class T>
  TUTTI_SCALAR T forward(bool mask, T x, T y) {
    return mask ? x : y;
  }
  template <class V>
  static Gradients<V, 3> gradient(const V& mask, const V&, const V&, const V&, const V& dz) {
    return {V(), select(mask, dz, 0.0), select(mask, 0.0, dz)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
