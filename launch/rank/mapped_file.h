// A file in memory, mapped: a segment that outlives the process that writes it.
#pragma once

#include <filesystem>

#include "core/tensor/tensor.h"

namespace tutti {

// A new file of so many bytes, as a tensor of u8, unmapped with its last use. Throws Error (io) if
// there is no room: all of its memory is there when it returns.
Tensor make_mapped_file(const std::filesystem::path& path, int64_t bytes);
// One that is there, to read.
Tensor open_mapped_file(const std::filesystem::path& path);

}  // namespace tutti
