// gzip (RFC 1952): what a .gz file holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

bool is_gzip(std::string_view bytes);  // by its first bytes, not by a file's name
// The whole content, its checksum compared. Throws, naming `where`, for damage, for bytes behind
// the end, and above `most` bytes.
std::string inflate_gzip(std::string_view bytes, uint64_t most, const std::string& where);

}  // namespace tutti
