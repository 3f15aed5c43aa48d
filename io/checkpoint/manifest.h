// A checkpoint's manifest: which tensors lie where in which files, and what every 4 MiB of them
// hash to. On disk behind a mark and its own hash.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "io/checkpoint/manifest.pb.h"

namespace tutti {

inline constexpr const char* kManifestFile = "manifest.pb";
inline constexpr uint32_t kManifestFormat = 1;
inline constexpr uint64_t kChunkBytes = uint64_t{4} << 20;
inline constexpr uint64_t kManifestLimit = uint64_t{256} << 20;

// A message with its mark and hash, and back. `where` is for messages; parsing throws Error (data)
// for bytes that were cut or changed.
std::string sealed(const google::protobuf::Message& message);
void unseal(std::string_view bytes, google::protobuf::Message& message, const std::string& where);
// Also checks what the manifest says against itself: sizes, offsets and names of files without
// overflow, each tensor whole and once.
checkpoint::Manifest parse_manifest(std::string_view bytes, const std::string& where);
void check_manifest(const checkpoint::Manifest& manifest, const std::string& where);

checkpoint::Value to_message(const Config& config);
Config to_config(const checkpoint::Value& value);

}  // namespace tutti
