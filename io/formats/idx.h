// IDX files, as MNIST has them: 0, 0, a type, the number of axes, each extent, then the elements;
// all big-endian.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "io/formats/array_layout.h"

namespace tutti {

// Bytes are u8; int8, int16 and int32 become i32; floats keep their size. A file that is gzip
// (.gz, by its content) is unpacked in memory, to at most 1 GiB. Throws, naming the file and the
// field, for a header that is none, more than 8 axes and data of another size than the extents say.
Tensor read_idx(const std::filesystem::path& path);
Tensor parse_idx(std::string_view bytes, const std::string& where);

// What the first bytes of a file say, kIdxHeadBytes of it or all.
inline constexpr size_t kIdxHeadBytes = 36;
ArrayLayout idx_layout(std::string_view head, const std::string& where);

// u8, i32, f32 or f64.
void write_idx(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace tutti
