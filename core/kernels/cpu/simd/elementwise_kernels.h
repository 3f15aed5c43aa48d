// Makes the block functions of elementwise ops for one instruction set, TUTTI_ISA. Generated
// translation units include this, then op headers, then say TUTTI_ELEMENTWISE_KERNELS(name,
// Struct).
#pragma once

#define TUTTI_SCALAR_NAMESPACE tutti::cpu::TUTTI_ISA

#include <cstdint>

#include "core/kernels/cpu/simd/block_function.h"
#include "core/ops/elementwise_op.h"

namespace tutti::cpu::TUTTI_ISA {

template <class Op, class T, class Result>
static void unary_block(const void* a, const void*, const void*, void* result, int64_t count) {
  const T* x = static_cast<const T*>(a);
  Result* y = static_cast<Result*>(result);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = Op::template forward<T>(x[i]);
}

template <class Op, class T, class Result>
static void binary_block(const void* a, const void* b, const void*, void* result, int64_t count) {
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  Result* z = static_cast<Result*>(result);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) z[i] = Op::template forward<T>(x[i], y[i]);
}

template <class Op, class T, class Result>
static void ternary_block(const void* a, const void* b, const void* c, void* result,
                          int64_t count) {
  const bool* mask = static_cast<const bool*>(a);
  const T* x = static_cast<const T*>(b);
  const T* y = static_cast<const T*>(c);
  Result* z = static_cast<Result*>(result);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) z[i] = Op::template forward<T>(mask[i], x[i], y[i]);
}

template <class A, class B>
inline constexpr bool is_same_type = false;
template <class A>
inline constexpr bool is_same_type<A, A> = true;
template <bool first, class A, class B>
struct Choose {
  using Type = A;
};
template <class A, class B>
struct Choose<false, A, B> {
  using Type = B;
};

template <class Op, class T>
consteval BlockFunction block_of() {
  constexpr bool floating = is_same_type<T, float> || is_same_type<T, double>;
  constexpr bool boolean = is_same_type<T, bool>;
  constexpr bool taken = boolean    ? Op::types == Types::any || Op::types == Types::boolean
                         : floating ? Op::types != Types::boolean
                                    : Op::types == Types::numeric || Op::types == Types::any;
  if constexpr (!taken) {
    return nullptr;
  } else {
    using Result = typename Choose<Op::boolean_result, bool, T>::Type;
    if constexpr (Op::arity == 1)
      return &unary_block<Op, T, Result>;
    else if constexpr (Op::arity == 2)
      return &binary_block<Op, T, Result>;
    else
      return &ternary_block<Op, T, Result>;
  }
}

template <class Op>
consteval BlockTable block_table() {
  return {{block_of<Op, float>(), block_of<Op, double>(), block_of<Op, int32_t>(),
           block_of<Op, int64_t>(), block_of<Op, uint8_t>(), block_of<Op, bool>()}};
}

}  // namespace tutti::cpu::TUTTI_ISA

#define TUTTI_ELEMENTWISE_KERNELS(name, Struct)                     \
  namespace tutti::cpu::TUTTI_ISA {                                 \
  extern const BlockTable blocks_##name;                            \
  constinit const BlockTable blocks_##name = block_table<Struct>(); \
  }
