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

int byte_at(std::string_view bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }

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

template <typename Element>
void turned(const std::byte* from, void* to, int64_t count) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(Element);
  std::memcpy(to, from, bytes);
  turn_bytes(static_cast<std::byte*>(to), bytes, sizeof(Element));
}

template <typename From>
void widened(const std::byte* from, void* to, int64_t count) {
  const std::string_view bytes(reinterpret_cast<const char*>(from),
                               static_cast<size_t>(count) * sizeof(From));
  auto* out = static_cast<int32_t*>(to);
  for (size_t at = 0; at < bytes.size(); at += sizeof(From))
    *out++ = static_cast<From>(big_endian(bytes.substr(at, sizeof(From))));
}

struct IdxType {
  int code;
  const char* name;
  size_t bytes;
  DType dtype;
  void (*convert)(const std::byte* from, void* to, int64_t count);
};
constexpr IdxType kTypes[] = {
    {0x08, "unsigned bytes", 1, DType::u8, nullptr},
    {0x09, "signed bytes", 1, DType::i32, widened<int8_t>},
    {0x0B, "short integers", 2, DType::i32, widened<int16_t>},
    {0x0C, "integers", 4, DType::i32, turned<int32_t>},
    {0x0D, "floats", 4, DType::f32, turned<float>},
    {0x0E, "doubles", 8, DType::f64, turned<double>},
};

const IdxType& type_of(int code, const std::string& where) {
  for (const auto& type : kTypes)
    if (type.code == code) return type;
  fail(ExitCode::data, where,
       "has elements of type 0x{:02x}; IDX has 0x08 and 0x09 (bytes), 0x0b, 0x0c (integers), 0x0d "
       "and 0x0e (floats)",
       code);
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

ArrayLayout idx_layout(std::string_view head, const std::string& where) {
  const auto dims = extents(head, where);
  const IdxType& type = type_of(byte_at(head, 2), where);
  int64_t count = 1;
  bool too_large = false;
  for (const int64_t dim : dims) too_large |= __builtin_mul_overflow(count, dim, &count);
  if (too_large || count > kMaxElements)
    fail(ExitCode::data, where, "has extents of more than 2^40 elements; split the file");
  ArrayLayout layout;
  layout.shape = Shape(dims);
  layout.dtype = type.dtype, layout.stored_bytes = type.bytes, layout.stored_type = type.name;
  layout.convert = type.convert;
  layout.begin = 4 + 4 * dims.size();
  return layout;
}

Tensor parse_idx(std::string_view bytes, const std::string& where) {
  const ArrayLayout layout = idx_layout(bytes, where);
  const std::string_view data = bytes.substr(layout.begin);
  if (data.size() != layout.bytes())
    fail(ExitCode::data, where, "holds {} bytes of data, {} of {} take {}; write the file again",
         data.size(), to_string(layout.shape), layout.stored_type, layout.bytes());
  Tensor tensor = Tensor::empty(layout.shape, layout.dtype);
  const auto* elements = reinterpret_cast<const std::byte*>(data.data());
  if (data.empty()) return tensor;
  if (layout.convert)
    layout.convert(elements, tensor.raw(), layout.shape.elements());
  else
    std::memcpy(tensor.raw(), elements, data.size());
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
