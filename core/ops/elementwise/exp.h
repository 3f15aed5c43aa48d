// e^x
#pragma once

#include "core/ops/elementwise_op.h"
#include "core/ops/scalar/exponential.h"

namespace TUTTI_SCALAR_NAMESPACE {

struct Exp : Unary {
  static constexpr Types types = Types::floating;

  template <class T>
  TUTTI_SCALAR T forward(T x) {
    return exp_of(x);
  }
  template <class V>
  static Gradients<V, 1> gradient(const V&, const V& y, const V& dy) {
    return {dy * y};
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
