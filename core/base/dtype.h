// Element types. bf16 and f16 are storage types: arithmetic happens in f32. i8 is one too, of
// quantized weights: ops cast it first. Text is on the host alone: ops that a host runs
// (core/graph/host_op.h) take it and make it, kernels never see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tutti {

enum class DType : uint8_t { f32, f64, i32, i64, u8, bool_, bf16, f16, i8, string };

size_t size_of(DType dtype);            // bytes per element
std::string_view name_of(DType dtype);  // Keras's names: "float32", "int64", "string", ...
DType parse_dtype(std::string_view name);
bool is_floating(DType dtype);
bool is_half(DType dtype);  // bf16 or f16
// The type of a + b: floats win over integers, wide over narrow. Text is added to nothing: it wins,
// and no op takes it.
DType promote(DType a, DType b);

struct BFloat16 {
  uint16_t bits;
};
struct Float16 {
  uint16_t bits;
};
// Round to nearest even; NaN stays NaN.
BFloat16 to_bf16(float value);
float from_bf16(BFloat16 value);
Float16 to_f16(float value);
float from_f16(Float16 value);

template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::i64;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::u8;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::i8;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::bool_;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = DType::bf16;
};
template <>
struct DTypeOf<Float16> {
  static constexpr DType value = DType::f16;
};
template <>
struct DTypeOf<std::string_view> {
  static constexpr DType value = DType::string;
};
template <typename T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

}  // namespace tutti
