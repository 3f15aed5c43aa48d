// Compressed data files, unpacked once: records are read where they lie.
#pragma once

#include <filesystem>

#include "io/sharded/data_index.h"

namespace tutti {

// A file that is not packed itself; what a gzip file holds, in the folder of indexes, made there
// where it is not or the file is another now. Throws for files that are packed otherwise.
std::filesystem::path unpacked_file(const std::filesystem::path& file, const IndexOptions& options);

}  // namespace tutti
