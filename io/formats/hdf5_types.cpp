#include "io/formats/hdf5_types.h"

#include "core/base/shape.h"
#include "io/formats/hdf5_parts.h"

namespace tutti::hdf5 {
namespace {

constexpr const char* kClassNames[] = {"integer", "float",           "time",     "text",
                                       "bits",    "opaque",          "compound", "reference",
                                       "enum",    "variable length", "array"};

void read_integer(Cursor& at, uint32_t bits, Type& type) {
  if (bits & 1) at.refuse("is a big-endian integer");
  const bool is_signed = bits & 8;
  type.kind = Type::Kind::number;
  if (type.size == 1)
    type.dtype = is_signed ? DType::i8 : DType::u8;
  else if (type.size == 4 && is_signed)
    type.dtype = DType::i32;
  else if (type.size == 8 && is_signed)
    type.dtype = DType::i64;
  else
    type.kind = Type::Kind::other;
  if (at.u16() != 0 || at.u16() != 8 * type.size) at.refuse("is an integer with unused bits");
}

void read_float(Cursor& at, uint32_t bits, Type& type) {
  if (bits & 1) at.refuse("is a big-endian float");
  if (at.u16() != 0 || at.u16() != 8 * type.size) at.refuse("is a float with unused bits");
  const uint8_t exponent_at = at.u8(), exponent_bits = at.u8(), mantissa_at = at.u8(),
                mantissa_bits = at.u8();
  const uint32_t bias = at.u32();
  for (const auto& known : kFloatLayouts)
    if (size_of(known.dtype) == type.size && known.exponent_at == exponent_at &&
        known.exponent_bits == exponent_bits && mantissa_at == 0 &&
        known.mantissa_bits == mantissa_bits && known.bias == bias &&
        known.sign == (bits >> 8 & 0xff)) {
      type.kind = Type::Kind::number;
      type.dtype = known.dtype;
    }
}

// h5py's bool: FALSE = 0, TRUE = 1 in a byte.
void read_enum(Cursor& at, uint32_t bits, Type& type) {
  const std::string_view base = at.take(12);
  const bool byte = (base[0] & 0xf) == 0 && type.size == 1 && (bits & 0xffff) == 2;
  if (byte) type.kind = Type::Kind::number, type.dtype = DType::bool_;
}

}  // namespace

Type read_type(Cursor at) {
  const uint8_t first = at.u8();
  const uint32_t bits = static_cast<uint32_t>(at.number(3));
  Type type;
  const unsigned kind = first & 0xf, version = first >> 4;
  if (version < 1 || version > 4 || kind > 10) at.refuse("is of unknown class {}", kind);
  type.name = kClassNames[kind];
  type.size = at.u32();
  if (type.size == 0) at.refuse("has elements of no bytes");
  if (kind == 0) read_integer(at, bits, type);
  if (kind == 1) read_float(at, bits, type);
  if (kind == 3) type.kind = Type::Kind::text;
  if (kind == 8) read_enum(at, bits, type);
  // Keras's bfloat16.
  if (kind == 5 && type.size == 2) type.kind = Type::Kind::number, type.dtype = DType::bf16;
  if (kind == 9 && (bits & 0xf) == 1) {
    if (type.size != 16) at.refuse("is a text of {} bytes for its place", type.size);
    type.kind = Type::Kind::long_text;
  }
  return type;
}

std::optional<std::vector<int64_t>> read_space(Cursor at) {
  const uint8_t version = at.u8(), rank = at.u8(), flags = at.u8();
  if (version != 1 && version != 2) at.refuse("has version {}", version);
  const uint8_t kind = at.u8();
  if (version == 1) at.skip(4);
  if (version == 2 && kind == 2) return std::nullopt;
  if (rank > 32 || flags > 3) at.refuse("has rank {} and flags {}", rank, flags);
  uint64_t elements = 1;
  std::vector<int64_t> dims;
  for (int i = 0; i < rank; ++i) {
    const uint64_t extent = at.u64();
    if (extent > uint64_t{kMaxElements} || __builtin_mul_overflow(elements, extent, &elements) ||
        elements > uint64_t{kMaxElements})
      at.refuse("has more than 2^40 elements");
    dims.push_back(static_cast<int64_t>(extent));
  }
  return dims;
}

std::string little(uint64_t value, size_t width) {
  std::string bytes;
  for (size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string write_type(DType dtype) {
  const auto size = static_cast<uint32_t>(size_of(dtype));
  if (dtype == DType::bf16)  // as Keras writes it: two bytes that its readers know
    return little(0x15, 1) + little(0, 3) + little(2, 4);
  for (const auto& known : kFloatLayouts)
    if (known.dtype == dtype)
      return little(0x11, 1) + little(0x20, 1) + little(known.sign, 1) + little(0, 1) +
             little(size, 4) + little(0, 2) + little(8 * size, 2) + little(known.exponent_at, 1) +
             little(known.exponent_bits, 1) + little(0, 1) + little(known.mantissa_bits, 1) +
             little(known.bias, 4);
  const bool is_signed = dtype == DType::i8 || dtype == DType::i32 || dtype == DType::i64;
  return little(0x10, 1) + little(is_signed ? 8 : 0, 1) + little(0, 2) + little(size, 4) +
         little(0, 2) + little(8 * size, 2);
}

std::string write_text_type() {
  return little(0x19, 1) + little(0x0101, 3) + little(16, 4) + write_type(DType::u8);
}

std::string write_space(const std::vector<int64_t>& dims) {
  std::string bytes =
      little(2, 1) + little(dims.size(), 1) + little(0, 1) + little(dims.empty() ? 0 : 1, 1);
  for (const int64_t extent : dims) bytes += little(static_cast<uint64_t>(extent), 8);
  return bytes;
}

}  // namespace tutti::hdf5
