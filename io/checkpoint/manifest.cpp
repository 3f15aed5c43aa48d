#include "io/checkpoint/manifest.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

#include "core/base/dtype.h"
#include "core/base/error.h"
#include "core/base/hash.h"

namespace tutti {
namespace {

constexpr std::string_view kMark = "tutti-1\n";
constexpr size_t kHead = 16;  // the mark and the hash of what follows

// A tensor as its parts tell it.
struct Whole {
  const checkpoint::Part* first;
  std::vector<std::pair<int64_t, int64_t>> ranges;  // begin, elements
};

class ManifestCheck {
 public:
  ManifestCheck(const checkpoint::Manifest& manifest, const std::string& where)
      : manifest_(manifest), where_(where) {}

  void run() {
    if (manifest_.format() != kManifestFormat)
      fail(ExitCode::data, where_, "has format {}; this version reads {}", manifest_.format(),
           kManifestFormat);
    for (const auto& file : manifest_.files()) check(file);
    for (auto& [name, whole] : wholes_) check(name, whole);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    fail(ExitCode::data, where_, "{}; the checkpoint is damaged, use an older one", what);
  }

  void check(const checkpoint::File& file) {
    const std::string& name = file.name();
    if (name.empty() || name[0] == '.' || name.find_first_of("/\\") != std::string::npos ||
        name.find('\0') != std::string::npos)
      refuse("names a file outside of it");
    const uint64_t chunks = file.bytes() / kChunkBytes + (file.bytes() % kChunkBytes != 0);
    if (static_cast<uint64_t>(file.chunks_size()) != chunks)
      refuse(fmt::format("has {} hashes for the {} bytes of {}", file.chunks_size(), file.bytes(),
                         name));
    for (const auto& part : file.parts()) check(part, file);
  }

  void check(const checkpoint::Part& part, const checkpoint::File& file) {
    const uint64_t width = width_of(part);
    const auto elements = static_cast<uint64_t>(part.elements());
    if (part.elements() < 0 || part.begin() < 0 || part.offset() > file.bytes() ||
        elements > (file.bytes() - part.offset()) / width)
      refuse(fmt::format("tensor '{}' does not fit into {}", part.name(), file.name()));
    Whole& whole = wholes_.try_emplace(part.name(), Whole{&part, {}}).first->second;
    if (part.dtype() != whole.first->dtype() ||
        !std::equal(part.shape().begin(), part.shape().end(), whole.first->shape().begin(),
                    whole.first->shape().end()))
      refuse(fmt::format("tensor '{}' has several shapes", part.name()));
    whole.ranges.emplace_back(part.begin(), part.elements());
  }

  uint64_t width_of(const checkpoint::Part& part) const {
    try {
      const DType dtype = parse_dtype(part.dtype());
      if (dtype != DType::string) return size_of(dtype);
    } catch (const Error&) {
    }
    refuse(fmt::format("tensor '{}' has the dtype '{}'", part.name(), part.dtype()));
  }

  void check(const std::string& name, Whole& whole) {
    int64_t elements = 1;
    for (const int64_t extent : whole.first->shape())
      if (extent < 0 || __builtin_mul_overflow(elements, extent, &elements))
        refuse(fmt::format("tensor '{}' has no possible shape", name));
    std::sort(whole.ranges.begin(), whole.ranges.end());
    int64_t at = 0;
    for (const auto& [begin, count] : whole.ranges) {
      if (begin != at) refuse(fmt::format("tensor '{}' is not whole", name));
      if (__builtin_add_overflow(at, count, &at)) refuse(fmt::format("'{}' is too large", name));
    }
    if (at != elements) refuse(fmt::format("tensor '{}' is not whole", name));
  }

  const checkpoint::Manifest& manifest_;
  const std::string& where_;
  std::map<std::string, Whole> wholes_;
};

}  // namespace

std::string sealed(const google::protobuf::Message& message) {
  std::string body = message.SerializeAsString();
  uint64_t hash = hash64(body.data(), body.size());
  std::string bytes(kMark);
  for (int i = 0; i < 8; ++i, hash >>= 8) bytes += static_cast<char>(hash & 0xFF);
  return bytes + body;
}

void unseal(std::string_view bytes, google::protobuf::Message& message, const std::string& where) {
  if (bytes.size() < kHead || !bytes.starts_with(kMark))
    fail(ExitCode::data, where, "is no manifest of a checkpoint, or was cut; use an older one");
  uint64_t hash = 0;
  for (size_t i = kHead; i-- > kMark.size();)
    hash = hash << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(kHead);
  if (hash64(bytes.data(), bytes.size()) != hash ||
      bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    fail(ExitCode::data, where, "was cut or changed since it was written; use an older one");
}

checkpoint::Manifest parse_manifest(std::string_view bytes, const std::string& where) {
  checkpoint::Manifest manifest;
  unseal(bytes, manifest, where);
  check_manifest(manifest, where);
  return manifest;
}

void check_manifest(const checkpoint::Manifest& manifest, const std::string& where) {
  ManifestCheck(manifest, where).run();
}

checkpoint::Value to_message(const Config& config) {
  checkpoint::Value value;
  if (config.is_bool())
    value.set_boolean(config.as_bool());
  else if (config.is_int())
    value.set_integer(config.as_int());
  else if (config.is_number())
    value.set_number(config.as_double());
  else if (config.is_string())
    value.set_text(config.as_string());
  else if (config.is_list())
    for (auto& items = *value.mutable_list(); const auto& item : config.as_list())
      *items.add_items() = to_message(item);
  else if (config.is_map())
    for (auto& entries = *value.mutable_map(); const auto& [key, item] : config.as_map()) {
      auto& entry = *entries.add_entries();
      entry.set_key(key);
      *entry.mutable_value() = to_message(item);
    }
  return value;
}

Config to_config(const checkpoint::Value& value) {
  switch (value.value_case()) {
    case checkpoint::Value::kBoolean:
      return value.boolean();
    case checkpoint::Value::kInteger:
      return value.integer();
    case checkpoint::Value::kNumber:
      return value.number();
    case checkpoint::Value::kText:
      return value.text();
    case checkpoint::Value::kList: {
      Config::List list;
      for (const auto& item : value.list().items()) list.push_back(to_config(item));
      return list;
    }
    case checkpoint::Value::kMap: {
      Config map{Config::Map()};
      for (const auto& entry : value.map().entries())
        map.set(entry.key(), to_config(entry.value()));
      return map;
    }
    case checkpoint::Value::VALUE_NOT_SET:
      break;
  }
  return {};
}

}  // namespace tutti
