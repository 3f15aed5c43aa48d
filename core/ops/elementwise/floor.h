// The largest integer that is not above x.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Floor : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return floor_of(x);
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
