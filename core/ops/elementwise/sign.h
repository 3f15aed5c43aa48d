// -1, 0 or 1; NaN stays NaN.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Sign : Unary {
  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return x != x ? x : static_cast<T>((x > T(0)) - (x < T(0)));
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
