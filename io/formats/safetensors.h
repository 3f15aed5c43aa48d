// safetensors: named tensors behind a JSON header (github.com/huggingface/safetensors).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/dataset.h"

namespace tutti {

struct Safetensors {
  NamedTensors tensors;                                       // in the order of their bytes
  std::vector<std::pair<std::string, std::string>> metadata;  // free text
};

// F32, F64, I32, I64, I8, U8, BOOL, BF16, F16. The header (at most 100 MB) is checked whole before
// any byte of data is used: sizes against offsets without overflow, no overlap, no hole, no name
// twice, nothing behind the last tensor. Every error names the file, the tensor and the field.
Safetensors read_safetensors(const std::filesystem::path& path);
Safetensors parse_safetensors(std::string_view bytes, const std::string& where);

// The first bytes of a file of such tensors, whose elements follow without gaps. Throws for a name
// that comes twice.
struct TensorHead {
  std::string name;
  DType dtype;
  Shape shape;
};
std::string safetensors_header(const std::vector<TensorHead>& tensors,
                               const std::vector<std::pair<std::string, std::string>>& metadata,
                               const std::string& where);

// Atomically. Names must be unique UTF-8.
void write_safetensors(const std::filesystem::path& path, const Safetensors& file);

}  // namespace tutti
