// The smallest integer that is not below x.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Ceil : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return ceil_of(x);
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
