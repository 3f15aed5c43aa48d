// Whether x is false.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct LogicalNot : Unary {
  static constexpr Types types = Types::boolean;
  static constexpr bool boolean_result = true;

  template <class T>
  TUTTI_SCALAR bool forward(T x) {
    return !x;
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
