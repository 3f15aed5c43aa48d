// Datatypes and dataspaces of HDF5.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/dtype.h"
#include "io/formats/hdf5_cursor.h"

namespace tutti::hdf5 {

struct Type {
  enum class Kind { number, text, long_text, other };
  Kind kind = Kind::other;
  DType dtype = DType::f32;  // of a number
  uint64_t size = 0;         // bytes of an element; of long_text those of its place in a heap
  std::string name;          // for messages
};
Type read_type(Cursor message);

// Null for a dataspace without elements of any shape. Rank at most 32, at most 2^40 elements.
std::optional<std::vector<int64_t>> read_space(Cursor message);

std::string write_type(DType dtype);
std::string write_text_type();  // of variable length, UTF-8
std::string write_space(const std::vector<int64_t>& dims);

std::string little(uint64_t value, size_t width);

}  // namespace tutti::hdf5
