// Makes the block functions of elementwise ops for one instruction set, TUTTI_ISA. Generated
// translation units include this, then op headers, then say TUTTI_ELEMENTWISE_KERNELS(name,
// Struct).
#pragma once

#define TUTTI_SCALAR_NAMESPACE tutti::cpu::TUTTI_ISA

#include <cstdint>

#include "core/kernels/cpu/simd/block_function.h"
#include "core/ops/elementwise_op.h"

namespace tutti::cpu::TUTTI_ISA {

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

// Booleans are read and written as bytes of 0 and 1: GCC vectorizes those.
template <class T>
using Memory = typename Choose<is_same_type<T, bool>, uint8_t, T>::Type;

template <class T>
static inline __attribute__((always_inline)) T load(Memory<T> x) {
  if constexpr (is_same_type<T, bool>)
    return x != 0;
  else
    return x;
}
template <class Result>
static inline __attribute__((always_inline)) Memory<Result> stored(Result x) {
  if constexpr (is_same_type<Result, bool>)
    return x ? uint8_t{1} : uint8_t{0};
  else
    return x;
}

template <class Op, class T, class Result>
static void unary_block(const void* a, const void*, const void*, void* result, int64_t count) {
  const auto* x = static_cast<const Memory<T>*>(a);
  auto* y = static_cast<Memory<Result>*>(result);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = stored<Result>(Op::template forward<T>(load<T>(x[i])));
}

template <class Op, class T, class Result, bool one_a, bool one_b>
static void binary_block(const void* a, const void* b, const void*, void* result, int64_t count) {
  const auto* x = static_cast<const Memory<T>*>(a);
  const auto* y = static_cast<const Memory<T>*>(b);
  auto* z = static_cast<Memory<Result>*>(result);
  const Memory<T> x0 = x[0], y0 = y[0];
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i)
    z[i] = stored<Result>(
        Op::template forward<T>(load<T>(one_a ? x0 : x[i]), load<T>(one_b ? y0 : y[i])));
}

template <class Op, class T, class Result>
static void ternary_block(const void* a, const void* b, const void* c, void* result,
                          int64_t count) {
  const auto* mask = static_cast<const uint8_t*>(a);
  const auto* x = static_cast<const Memory<T>*>(b);
  const auto* y = static_cast<const Memory<T>*>(c);
  auto* z = static_cast<Memory<Result>*>(result);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i)
    z[i] = stored<Result>(Op::template forward<T>(mask[i] != 0, load<T>(x[i]), load<T>(y[i])));
}

template <class Op, class T, bool one_a, bool one_b>
consteval BlockFunction block_of() {
  constexpr bool floating = is_same_type<T, float> || is_same_type<T, double>;
  constexpr bool boolean = is_same_type<T, bool>;
  constexpr bool taken = boolean    ? Op::types == Types::any || Op::types == Types::boolean
                         : floating ? Op::types != Types::boolean
                                    : Op::types == Types::numeric || Op::types == Types::any;
  if constexpr (!taken || (Op::arity != 2 && (one_a || one_b))) {
    return nullptr;
  } else {
    using Result = typename Choose<Op::boolean_result, bool, T>::Type;
    if constexpr (Op::arity == 1)
      return &unary_block<Op, T, Result>;
    else if constexpr (Op::arity == 2)
      return &binary_block<Op, T, Result, one_a, one_b>;
    else
      return &ternary_block<Op, T, Result>;
  }
}

template <class Op, bool one_a, bool one_b>
consteval void fill_blocks(BlockFunction (&blocks)[6]) {
  blocks[0] = block_of<Op, float, one_a, one_b>();
  blocks[1] = block_of<Op, double, one_a, one_b>();
  blocks[2] = block_of<Op, int32_t, one_a, one_b>();
  blocks[3] = block_of<Op, int64_t, one_a, one_b>();
  blocks[4] = block_of<Op, uint8_t, one_a, one_b>();
  blocks[5] = block_of<Op, bool, one_a, one_b>();
}

template <class Op>
consteval BlockTable block_table() {
  BlockTable table = {};
  fill_blocks<Op, false, false>(table.by_dtype);
  fill_blocks<Op, true, false>(table.one_a);
  fill_blocks<Op, false, true>(table.one_b);
  return table;
}

}  // namespace tutti::cpu::TUTTI_ISA

#define TUTTI_ELEMENTWISE_KERNELS(name, Struct)                     \
  namespace tutti::cpu::TUTTI_ISA {                                 \
  extern const BlockTable blocks_##name;                            \
  constinit const BlockTable blocks_##name = block_table<Struct>(); \
  }
