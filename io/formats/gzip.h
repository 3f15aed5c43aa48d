// gzip (RFC 1952): what a .gz file holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace tutti {

bool is_gzip(std::string_view bytes);  // by its first bytes, not by a file's name
// The whole content, its checksum compared. Throws, naming `where`, for damage, for bytes behind
// the end, and above `most` bytes.
std::string inflate_gzip(std::string_view bytes, uint64_t most, const std::string& where);
// Piece by piece, of one gzip member or several: `next` gives bytes until it gives none, `take`
// gets what they hold. Throws, naming `where`, for damage.
void inflate_gzip(const std::function<std::string_view()>& next,
                  const std::function<void(std::string_view)>& take, const std::string& where);

// Throws, naming it and what unpacks it, where the first bytes of a file are those of zstd, xz,
// bzip2 or lz4.
void refuse_packed(std::string_view first, const std::string& where);
// A file of text or records, unpacked if it is gzip. Throws for what else is packed.
std::string read_unpacked(const std::filesystem::path& path);

}  // namespace tutti
