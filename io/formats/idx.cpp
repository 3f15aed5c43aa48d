#include "io/formats/idx.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/formats/gzip.h"

namespace tutti {
namespace {

constexpr uint64_t kMostUnpacked = uint64_t{1} << 30;
constexpr int kMostAxes = 8;

struct IdxType {
  int code;
  const char* name;
  size_t bytes;
  DType dtype;
};
constexpr IdxType kTypes[] = {
    {0x08, "unsigned bytes", 1, DType::u8},  {0x09, "signed bytes", 1, DType::i32},
    {0x0B, "short integers", 2, DType::i32}, {0x0C, "integers", 4, DType::i32},
    {0x0D, "floats", 4, DType::f32},         {0x0E, "doubles", 8, DType::f64},
};

int byte_at(std::string_view bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }

const IdxType& type_of(int code, const std::string& where) {
  for (const auto& type : kTypes)
    if (type.code == code) return type;
  fail(ExitCode::data, where,
       "has elements of type 0x{:02x}; IDX has 0x08 and 0x09 (bytes), 0x0b, 0x0c (integers), 0x0d "
       "and 0x0e (floats)",
       code);
}

uint32_t big_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    value = value << 8 | static_cast<uint32_t>(byte_at(bytes, i));
  return value;
}

void put_big_endian(std::string& bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
}

// Elements of `size` bytes, turned from one end to the other.
void turn_bytes(std::byte* elements, size_t bytes, size_t size) {
  for (size_t at = 0; at < bytes; at += size) std::reverse(elements + at, elements + at + size);
}

template <typename From>
void widen(std::string_view data, int32_t* to) {
  for (size_t at = 0; at < data.size(); at += sizeof(From))
    *to++ = static_cast<From>(big_endian(data.substr(at, sizeof(From))));
}

std::vector<int64_t> extents(std::string_view bytes, const std::string& where) {
  if (bytes.size() < 4 || byte_at(bytes, 0) != 0 || byte_at(bytes, 1) != 0)
    fail(ExitCode::data, where,
         "is no IDX file: it does not begin with 0, 0, a type and a number of axes");
  const int axes = byte_at(bytes, 3);
  if (axes < 1 || axes > kMostAxes)
    fail(ExitCode::data, where, "has {} axes; 1 to {} are read", axes, kMostAxes);
  if (bytes.size() < 4 + 4 * static_cast<size_t>(axes))
    fail(ExitCode::data, where, "ends in its header; write the file again");
  std::vector<int64_t> dims;
  for (size_t axis = 0; axis < static_cast<size_t>(axes); ++axis)
    dims.push_back(big_endian(bytes.substr(4 + 4 * axis, 4)));
  return dims;
}

}  // namespace

Tensor parse_idx(std::string_view bytes, const std::string& where) {
  const auto dims = extents(bytes, where);
  const IdxType& type = type_of(byte_at(bytes, 2), where);
  const std::string_view data = bytes.substr(4 + 4 * dims.size());
  int64_t count = 1;
  bool too_large = false;
  for (const int64_t dim : dims) too_large |= __builtin_mul_overflow(count, dim, &count);
  if (too_large || count > kMaxElements)
    fail(ExitCode::data, where, "has extents of more than 2^40 elements; split the file");
  if (data.size() != static_cast<size_t>(count) * type.bytes)
    fail(ExitCode::data, where, "holds {} bytes of data, {} of {} take {}; write the file again",
         data.size(), to_string(Shape(dims)), type.name, static_cast<size_t>(count) * type.bytes);
  Tensor tensor = Tensor::empty(Shape(dims), type.dtype);
  if (count == 0) return tensor;
  if (type.code == 0x09) {
    widen<int8_t>(data, tensor.data<int32_t>());
  } else if (type.code == 0x0B) {
    widen<int16_t>(data, tensor.data<int32_t>());
  } else {
    std::memcpy(tensor.raw(), data.data(), data.size());
    turn_bytes(tensor.raw(), tensor.bytes(), type.bytes);
  }
  return tensor;
}

Tensor read_idx(const std::filesystem::path& path) {
  std::string bytes = FileSystem::current().read(path);
  if (is_gzip(bytes)) bytes = inflate_gzip(bytes, kMostUnpacked, path.string());
  return parse_idx(bytes, path.string());
}

void write_idx(const std::filesystem::path& path, const Tensor& tensor) {
  const Tensor host = tensor.to_host().clone();
  const IdxType* type = nullptr;
  for (const auto& one : kTypes)
    if (one.dtype == host.dtype() && one.bytes == size_of(host.dtype())) type = &one;
  const auto& dims = host.shape().dims();
  if (!type || dims.empty() || dims.size() > kMostAxes)
    fail(ExitCode::io, path.string(),
         "IDX holds u8, i32, f32 and f64 of 1 to {} axes, not {} of {}; convert it", kMostAxes,
         name_of(host.dtype()), to_string(host.shape()));
  std::string bytes{'\0', '\0', static_cast<char>(type->code), static_cast<char>(dims.size())};
  for (const int64_t dim : dims) {
    if (dim > 0xffffffff)
      fail(ExitCode::io, path.string(), "an extent of {} is more than IDX can hold; split it", dim);
    put_big_endian(bytes, static_cast<uint32_t>(dim));
  }
  turn_bytes(host.raw(), host.bytes(), type->bytes);
  bytes.append(reinterpret_cast<const char*>(host.raw()), host.bytes());
  FileSystem::current().write_atomically(path, bytes);
}

}  // namespace tutti
