// NumPy's .npy files, versions 1 to 3 (numpy.lib.format).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "io/formats/array_layout.h"

namespace tutti {

// Little-endian numbers and bools; int8, int16 and uint16 become i32, uint32 i64. Fortran order is
// turned into row-major. Python objects are refused: reading them would run code from the file.
// Every error names the file and the field.
Tensor read_npy(const std::filesystem::path& path);
Tensor parse_npy(std::string_view bytes, const std::string& where);

// What the first bytes of a file say, kNpyHeadBytes of it or all.
inline constexpr size_t kNpyHeadBytes = 12 + 10'000;  // NumPy's own limit of a header
ArrayLayout npy_layout(std::string_view head, const std::string& where);

// Version 1, row-major. bf16 is written as float32: NumPy has no such type.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace tutti
