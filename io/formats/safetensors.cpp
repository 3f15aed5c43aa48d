#include "io/formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti {
namespace {

constexpr uint64_t kSafetensorsHeaderLimit = 100'000'000;
constexpr const char* kMetadataKey = "__metadata__";

struct SafetensorsName {
  DType dtype;
  const char* name;
};
constexpr SafetensorsName kSafetensorsNames[] = {
    {DType::f32, "F32"},   {DType::f64, "F64"}, {DType::i32, "I32"},
    {DType::i64, "I64"},   {DType::u8, "U8"},   {DType::bool_, "BOOL"},
    {DType::bf16, "BF16"}, {DType::f16, "F16"}, {DType::i8, "I8"},
};

struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<uint64_t> shape, offsets;
  bool has_dtype = false, has_shape = false, has_offsets = false;
};

// Takes the header as the JSON parser meets it. Only the one structure that a header has is
// accepted, so what is kept is bounded by the header's size whatever it says.
class SafetensorsHeader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit SafetensorsHeader(const std::string& where) : where_(where) {}

  std::vector<SafetensorsEntry> entries;
  std::vector<std::pair<std::string, std::string>> metadata;

  bool start_object(size_t) override {
    if (depth_ == 0 || (depth_ == 1 && !in_list_)) return ++depth_ > 0;
    reject("an object");
  }
  bool end_object() override {
    --depth_;
    in_metadata_ = in_metadata_ && depth_ > 1;
    return true;
  }
  bool key(string_t& key) override {
    if (depth_ == 1) {
      if (!names_.insert(key).second)
        fail(ExitCode::data, where_, "has '{}' twice; write the file again", key);
      in_metadata_ = key == kMetadataKey;
      if (!in_metadata_) entries.emplace_back().name = key;
    } else if (in_metadata_) {
      for (const auto& [name, text] : metadata)
        if (name == key)
          fail(ExitCode::data, where_, "has metadata '{}' twice; write the file again", key);
      if (metadata.size() == 1000) reject("more than 1000 words");
      metadata.emplace_back(key, "");
    } else {
      const bool known = key == "dtype" || key == "shape" || key == "data_offsets";
      bool& seen = key == "dtype"   ? entry().has_dtype
                   : key == "shape" ? entry().has_shape
                                    : entry().has_offsets;
      if (!known || seen)
        fail(ExitCode::data, where_, "'{}' has {} field '{}'; write the file again", entry().name,
             known ? "a second" : "an unknown", key);
      seen = true;
    }
    key_ = key;
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 2 && in_metadata_)
      metadata.back().second = value;
    else if (depth_ == 2 && !in_list_ && key_ == "dtype")
      entry().dtype = value;
    else
      reject("text");
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ != 2 || in_metadata_ || in_list_ || key_ == "dtype") reject("a list");
    return in_list_ = true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (!in_list_) reject("a number");
    auto& list = key_ == "shape" ? entry().shape : entry().offsets;
    if (list.size() == 32) reject("a list of more than 32 numbers");
    list.push_back(value);
    return true;
  }
  bool null() override { reject("null"); }
  bool boolean(bool) override { reject("true or false"); }
  bool number_integer(number_integer_t) override { reject("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    reject("a number that is not whole");
  }
  bool binary(binary_t&) override { reject("binary"); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(ExitCode::data, where_, "the header is no JSON at character {}; write the file again",
         position);
  }

 private:
  SafetensorsEntry& entry() { return entries.back(); }
  [[noreturn]] void reject(std::string_view what) const {
    fail(ExitCode::data, where_,
         "the header has {} {}{}{}, where the format has none; write the file again", what,
         key_.empty() ? "at its beginning" : "in '", key_, key_.empty() ? "" : "'");
  }

  const std::string& where_;
  std::set<std::string> names_;
  std::string key_;
  int depth_ = 0;
  bool in_metadata_ = false, in_list_ = false;
};

DType safetensors_dtype(const SafetensorsEntry& entry, const std::string& where) {
  for (const auto& known : kSafetensorsNames)
    if (entry.dtype == known.name) return known.dtype;
  fail(ExitCode::data, where, "'{}' has dtype '{}'; use F32, F64, I32, I64, U8, BOOL, BF16 or F16",
       entry.name, entry.dtype);
}

// Checks that the entry's shape fits the bytes [begin, end) that follow the entry before it.
Shape safetensors_shape(const SafetensorsEntry& entry, DType dtype, uint64_t begin, uint64_t size,
                        const std::string& where) {
  if (!entry.has_dtype || !entry.has_shape || entry.offsets.size() != 2)
    fail(ExitCode::data, where, "'{}' lacks dtype, shape or two data_offsets; write the file again",
         entry.name);
  uint64_t bytes = size_of(dtype);
  bool overflow = false;
  std::vector<int64_t> dims;
  for (const uint64_t extent : entry.shape) {
    overflow |= __builtin_mul_overflow(bytes, extent, &bytes) || extent > uint64_t{kMaxElements};
    dims.push_back(static_cast<int64_t>(extent));
  }
  if (overflow)
    fail(ExitCode::data, where, "'{}' has a shape of more than 2^40 elements; split it",
         entry.name);
  const uint64_t first = entry.offsets[0], last = entry.offsets[1];
  if (first > last || last > size)
    fail(ExitCode::data, where,
         "'{}' has data_offsets [{}, {}] in {} bytes of data; the file is cut or altered",
         entry.name, first, last, size);
  if (first != begin)
    fail(ExitCode::data, where,
         "'{}' begins at byte {}, not at {} where the tensor before it ends; write the "
         "file again",
         entry.name, first, begin);
  if (last - first != bytes)
    fail(ExitCode::data, where,
         "'{}' takes {} bytes of data, its shape and dtype {}; write the file again", entry.name,
         last - first, bytes);
  return Shape(std::move(dims));
}

Tensor safetensors_tensor(const std::byte* data, const Shape& shape, DType dtype) {
  Tensor tensor = Tensor::empty(shape, dtype);
  if (dtype == DType::bool_) {  // any byte but 0 is true; a bool that is neither is undefined
    for (int64_t i = 0; i < tensor.elements(); ++i)
      tensor.data<bool>()[i] = data[i] != std::byte{0};
  } else if (tensor.bytes() > 0) {
    std::memcpy(tensor.raw(), data, tensor.bytes());
  }
  return tensor;
}

}  // namespace

Safetensors parse_safetensors(std::string_view bytes, const std::string& where) {
  if (bytes.size() < 8)
    fail(ExitCode::data, where, "is no safetensors file: it has {} bytes", bytes.size());
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  if (length > kSafetensorsHeaderLimit)
    fail(ExitCode::data, where,
         "says its header has {} bytes; the limit is 100 MB. Is it a safetensors file?", length);
  if (length > bytes.size() - 8)
    fail(ExitCode::data, where, "ends in its header; the file is cut, write it again");
  const std::string_view text = bytes.substr(8, length), data = bytes.substr(8 + length);
  if (!text.starts_with('{'))
    fail(ExitCode::data, where, "the header does not begin with '{{'; is it a safetensors file?");
  SafetensorsHeader header(where);
  nlohmann::json::sax_parse(text.begin(), text.end(), &header);
  std::stable_sort(header.entries.begin(), header.entries.end(),
                   [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
  Safetensors file;
  file.metadata = std::move(header.metadata);
  uint64_t at = 0;
  for (const auto& entry : header.entries) {
    const DType dtype = safetensors_dtype(entry, where);
    const Shape shape = safetensors_shape(entry, dtype, at, data.size(), where);
    const auto* elements = reinterpret_cast<const std::byte*>(data.data()) + at;
    file.tensors.emplace_back(entry.name, safetensors_tensor(elements, shape, dtype));
    at = entry.offsets[1];
  }
  if (at != data.size())
    fail(ExitCode::data, where, "has {} bytes behind its last tensor; write the file again",
         data.size() - at);
  return file;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(FileSystem::current().read(path), path.string());
}

std::string safetensors_header(const std::vector<TensorHead>& tensors,
                               const std::vector<std::pair<std::string, std::string>>& metadata,
                               const std::string& where) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  for (const auto& [key, value] : metadata) header[kMetadataKey][key] = value;
  uint64_t at = 0;
  for (const auto& [name, dtype, shape] : tensors) {
    if (header.contains(name))
      fail(ExitCode::io, where, "cannot hold two tensors named '{}'; rename one", name);
    const auto* known = std::find_if(std::begin(kSafetensorsNames), std::end(kSafetensorsNames),
                                     [dtype = dtype](const auto& n) { return n.dtype == dtype; });
    const uint64_t end = at + static_cast<uint64_t>(shape.elements()) * size_of(dtype);
    header[name] = {{"dtype", known->name}, {"shape", shape.dims()}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');  // aligns the data
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(text.size() >> shift);
  return bytes + text;
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& file) {
  std::vector<TensorHead> heads;
  size_t size = 0;
  for (const auto& [name, tensor] : file.tensors) {
    heads.push_back({name, tensor.dtype(), tensor.shape()});
    size += tensor.bytes();
  }
  std::string bytes = safetensors_header(heads, file.metadata, path.string());
  bytes.reserve(bytes.size() + size);
  for (const auto& [name, tensor] : file.tensors) {
    const Tensor host = tensor.to_host();
    bytes.append(reinterpret_cast<const char*>(host.raw()), host.bytes());
  }
  FileSystem::current().write_atomically(path, bytes);
}

}  // namespace tutti
