// Whether x is not a number.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct IsNan : Unary {
  static constexpr Types types = Types::floating;
  static constexpr bool boolean_result = true;

  template <class T>
  TUTTI_SCALAR bool forward(T x) {
    return x != x;
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
