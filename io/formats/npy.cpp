#include "io/formats/npy.h"

#include <cstring>
#include <optional>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/tensor/convert.h"
#include "io/formats/gzip.h"

namespace tutti {
namespace {

constexpr size_t kHeaderLimit = kNpyHeadBytes - 12;
constexpr std::string_view kNpyMagic = "\x93NUMPY";

struct NpyHeader {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> dims;
};

// Reads the header, the text of a Python dict with three known keys and nothing else.
class NpyHeaderParser {
 public:
  NpyHeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpyHeader parse() {
    NpyHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr")
        header.descr = quoted(), once(descr, key);
      else if (key == "fortran_order")
        header.fortran = boolean(), once(order, key);
      else if (key == "shape")
        header.dims = tuple(), once(shape, key);
      else
        fail(ExitCode::data, where_, "the header has an unknown key '{}'; write the file again",
             key);
      if (!accept(',') && peek() != '}') broken("',' or '}'");
    }
    if (peek() != '\0') broken("nothing after '}'");
    if (!descr || !order || !shape) broken("the keys descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void broken(std::string_view expected) const {
    fail(ExitCode::data, where_,
         "the header is malformed at character {}: expected {}; write the file again", at_,
         expected);
  }
  void once(bool& seen, const std::string& key) const {
    if (seen) fail(ExitCode::data, where_, "the header has '{}' twice; write the file again", key);
    seen = true;
  }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) broken(fmt::format("'{}'", c));
  }
  std::string quoted() {
    const char quote = peek();
    if (quote == '[')
      fail(ExitCode::data, where_, "descr is a structured type; save each field as its own array");
    if (quote != '\'' && quote != '"') broken("a quoted word");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos || end - at_ > 64) broken("a short quoted word");
    std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  bool boolean() {
    peek();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    broken("True or False");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> dims;
    expect('(');
    while (!accept(')')) {
      dims.push_back(number());
      if (!accept(',') && peek() != ')') broken("',' or ')'");
      if (dims.size() > 32) broken("at most 32 axes");
    }
    return dims;
  }
  int64_t number() {
    peek();
    const size_t begin = at_;
    int64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (value <= kMaxElements) value = value * 10 + (text_[at_] - '0');
    if (at_ == begin) broken("an extent of 0 or more");
    return value;
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

template <typename From, typename To>
void widen_elements(const std::byte* from, void* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + static_cast<size_t>(i) * sizeof(From), sizeof(From));
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): an i1 is a number, not a letter.
    static_cast<To*>(to)[i] = static_cast<To>(value);
  }
}

void read_bools(const std::byte* from, void* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) static_cast<bool*>(to)[i] = from[i] != std::byte{0};
}

// Of the layout: how elements are stored and what they become.
ArrayLayout npy_elements(const std::string& descr, const std::string& where) {
  const std::string_view plain = std::string_view(descr).substr(descr.empty() ? 0 : 1);
  const char order = descr.empty() ? '\0' : descr[0];
  if (plain.starts_with("O"))
    fail(ExitCode::data, where,
         "descr '{}' is Python objects, which may run code when they are read; save "
         "numbers",
         descr);
  if (order == '>' && descr.size() > 2 && descr[2] != '1')
    fail(ExitCode::data, where, "descr '{}' is big-endian; save it with .astype('<{}')", descr,
         plain);
  const auto stored = [&](DType dtype, size_t bytes, auto convert) {
    ArrayLayout layout;
    layout.dtype = dtype, layout.stored_bytes = bytes, layout.stored_type = descr;
    layout.convert = convert;
    return layout;
  };
  if (order == '<' || order == '|') {
    if (plain == "f4") return stored(DType::f32, 4, nullptr);
    if (plain == "f8") return stored(DType::f64, 8, nullptr);
    if (plain == "f2") return stored(DType::f16, 2, nullptr);
    if (plain == "i4") return stored(DType::i32, 4, nullptr);
    if (plain == "i8") return stored(DType::i64, 8, nullptr);
    if (plain == "u1") return stored(DType::u8, 1, nullptr);
    if (plain == "b1") return stored(DType::bool_, 1, read_bools);
    if (plain == "i1") return stored(DType::i32, 1, widen_elements<int8_t, int32_t>);
    if (plain == "i2") return stored(DType::i32, 2, widen_elements<int16_t, int32_t>);
    if (plain == "u2") return stored(DType::i32, 2, widen_elements<uint16_t, int32_t>);
    if (plain == "u4") return stored(DType::i64, 4, widen_elements<uint32_t, int64_t>);
  }
  fail(ExitCode::data, where,
       "descr '{}' is not supported; save float32, float64, float16, int32, int64, uint8 "
       "or bool",
       descr);
}

// The bytes of `count` elements of `size` in row-major order, from column-major.
std::vector<std::byte> row_major(const std::byte* data, const std::vector<int64_t>& dims,
                                 size_t size, int64_t count) {
  std::vector<std::byte> out(static_cast<size_t>(count) * size);
  std::vector<int64_t> index(dims.size(), 0), stride(dims.size(), 1);
  for (size_t i = 1; i < dims.size(); ++i) stride[i] = stride[i - 1] * dims[i - 1];
  int64_t from = 0;
  for (int64_t to = 0; to < count; ++to) {
    std::memcpy(out.data() + static_cast<size_t>(to) * size,
                data + static_cast<size_t>(from) * size, size);
    for (size_t axis = dims.size(); axis-- > 0;) {
      from += stride[axis];
      if (++index[axis] < dims[axis]) break;
      from -= stride[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return out;
}

uint32_t little_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The text of the header; the elements begin behind it.
std::string_view npy_header_text(std::string_view bytes, const std::string& where,
                                 uint64_t& begin) {
  if (!bytes.starts_with(kNpyMagic) || bytes.size() < 10)
    fail(ExitCode::data, where,
         "is not a .npy file: it does not begin with \\x93NUMPY; save it with numpy.save");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3 || bytes[7] != 0)
    fail(ExitCode::data, where, "is of .npy version {}.{}; save it as version 1, 2 or 3", version,
         int{bytes[7]});
  const size_t width = version == 1 ? 2 : 4;
  if (bytes.size() < 8 + width)
    fail(ExitCode::data, where, "ends in its header; write the file again");
  const size_t length = little_endian(bytes.substr(8, width));
  if (length > kHeaderLimit)
    fail(ExitCode::data, where, "has a header of {} bytes; the limit is {}", length, kHeaderLimit);
  if (length > bytes.size() - 8 - width)
    fail(ExitCode::data, where, "ends in its header; write the file again");
  begin = 8 + width + length;
  return bytes.substr(8 + width, length);
}

}  // namespace

ArrayLayout npy_layout(std::string_view head, const std::string& where) {
  uint64_t begin = 0;
  const NpyHeader header = NpyHeaderParser(npy_header_text(head, where, begin), where).parse();
  ArrayLayout layout = npy_elements(header.descr, where);
  int64_t count = 1;
  bool too_large = false;
  for (const int64_t dim : header.dims) too_large |= __builtin_mul_overflow(count, dim, &count);
  if (too_large || count > kMaxElements)
    fail(ExitCode::data, where, "has a shape of more than 2^40 elements; split the file");
  layout.shape = Shape(header.dims);
  layout.begin = begin;
  layout.column_major = header.fortran && header.dims.size() > 1;
  return layout;
}

Tensor parse_npy(std::string_view bytes, const std::string& where) {
  const ArrayLayout layout = npy_layout(bytes, where);
  const std::string_view data = bytes.substr(layout.begin);
  if (data.size() != layout.bytes())
    fail(ExitCode::data, where,
         "holds {} bytes of data, shape {} of '{}' takes {}; write the file again", data.size(),
         to_string(layout.shape), layout.stored_type, layout.bytes());
  const int64_t count = layout.shape.elements();
  const auto* elements = reinterpret_cast<const std::byte*>(data.data());
  std::vector<std::byte> reordered;
  if (layout.column_major) {
    reordered = row_major(elements, layout.shape.dims(), layout.stored_bytes, count);
    elements = reordered.data();
  }
  Tensor tensor = Tensor::empty(layout.shape, layout.dtype);
  if (layout.convert)
    layout.convert(elements, tensor.raw(), count);
  else if (count > 0)
    std::memcpy(tensor.raw(), elements, tensor.bytes());
  return tensor;
}

Tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(read_unpacked(path), path.string());
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  Tensor host = tensor.to_host();
  if (host.dtype() == DType::string)
    fail(ExitCode::io, path.string(), "an array of text is no .npy file here; write a .csv");
  if (host.dtype() == DType::bf16) host = host.to(DType::f32);
  const char* descr = "<f4";
  switch (host.dtype()) {
    case DType::f64:
      descr = "<f8";
      break;
    case DType::f16:
      descr = "<f2";
      break;
    case DType::i32:
      descr = "<i4";
      break;
    case DType::i64:
      descr = "<i8";
      break;
    case DType::u8:
      descr = "|u1";
      break;
    case DType::i8:
      descr = "|i1";
      break;
    case DType::bool_:
      descr = "|b1";
      break;
    case DType::f32:
    case DType::bf16:
    case DType::string:
      break;
  }
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                   descr, to_string(host.shape()));
  const size_t preamble = kNpyMagic.size() + 4;
  header.append(63 - (preamble + header.size()) % 64, ' ');  // the data begins at a multiple of 64
  header += '\n';
  std::string file(kNpyMagic);
  file += {'\x01', '\x00', static_cast<char>(header.size() & 0xff),
           static_cast<char>(header.size() >> 8)};
  file += header;
  file.append(reinterpret_cast<const char*>(host.raw()), host.bytes());
  FileSystem::current().write_atomically(path, file);
}

}  // namespace tutti
