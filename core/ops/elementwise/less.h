// Whether x < y.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Less : Binary {
  static constexpr bool boolean_result = true;

  template <class T>
  TUTTI_SCALAR bool forward(T x, T y) {
    return x < y;
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
