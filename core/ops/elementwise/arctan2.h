// The angle of the point (x, y), from -pi to pi.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/arctangent.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Arctan2 : Binary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T y, T x) {
    return arctangent2_of(y, x);
  }
  template <class V>
  static Gradients<V, 2> gradient(const V& y, const V& x, const V&, const V& dz) {
    const V turned = dz / (x * x + y * y);
    return {x * turned, -(y * turned)};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
