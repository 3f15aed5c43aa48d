// Zip archives in memory: what .keras files are. No path of an archive is ever followed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

using ZipEntries = std::map<std::string, std::string>;  // contents by name; no folders

// All entries. Refused are more than 10,000 of them, a name that is there twice, leaves the archive
// (absolute, "..", a backslash) or is no text, symbolic links, encryption, a checksum that differs,
// and contents of more than 64 MiB and twice the archive's size together: Keras stores without
// compression. Throws Error (data) naming the file and the entry.
ZipEntries parse_zip(std::string_view bytes, const std::string& where);

// Stored, in the order given, always as the same bytes.
std::string write_zip(const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace tutti
