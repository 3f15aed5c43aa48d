// The nearest integer; halves go to the even one.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Round : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return round_even(x);
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
