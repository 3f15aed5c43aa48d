// The natural logarithm; log(0) = -inf.
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/logarithm.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Log : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return log_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) {
    return {dy / x};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
