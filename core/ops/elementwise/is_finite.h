// Whether x is neither infinite nor NaN.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct IsFinite : Unary {
  static constexpr Types types = Types::floating;
  static constexpr bool boolean_result = true;

  template <class T>
  TUTTI_SCALAR bool forward(T x) {
    return is_finite_value(x);
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
