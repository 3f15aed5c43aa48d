// What a header in core/ops/elementwise/ includes, and all that it may include. core/ops/README.md
// says how to write one.
//
//   namespace TUTTI_SCALAR_NAMESPACE {
//   struct Square : Unary {
//     template <class T>
//     TUTTI_SCALAR T forward(T x) { return x * x; }
//     template <class V>  // in terms of ops: x, the result y, its gradient dy
//     static Gradients<V, 1> gradient(const V& x, const V&, const V& dy) { return {dy * (2.0 * x)};
//     }
//   };
//   }
//
// `forward` is instantiated with float and double, and with what `types` adds; without `gradient`
// none flows. Per instruction set, and for CUDA, the header is compiled into a namespace of its
// own.
#pragma once

#include "core/ops/scalar/bits.h"

namespace TUTTI_SCALAR_NAMESPACE {

// The element types that an op is for.
enum class Types : unsigned char {
  floating,  // float, double
  numeric,   // and int32, int64, uint8
  any,       // and bool
  boolean,   // bool alone
};

struct OpDefaults {
  static constexpr Types types = Types::numeric;
  static constexpr bool linear =
      false;  // exactly: of sums still owed it gives the bits of their sum's
  static constexpr bool boolean_result = false;  // else the arguments' type
};
struct Unary : OpDefaults {
  static constexpr int arity = 1;
};
struct Binary : OpDefaults {
  static constexpr int arity = 2;
};
// The first argument is bool: select.
struct Ternary : OpDefaults {
  static constexpr int arity = 3;
};

// d/d each argument; V() where no gradient flows.
template <class V, int arity>
struct Gradients {
  V values[arity];
};

}  // namespace TUTTI_SCALAR_NAMESPACE
