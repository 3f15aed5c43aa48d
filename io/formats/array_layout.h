// How an array lies in a file of one array: what a reader of its rows has to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/tensor/tensor.h"

namespace tutti {

struct ArrayLayout {
  Shape shape;  // axis 0 is the rows
  DType dtype = DType::f32;
  size_t stored_bytes = 0;  // of an element in the file
  std::string stored_type;  // as the format calls it
  // Makes elements of stored ones; null: they are the same bytes.
  void (*convert)(const std::byte* from, void* to, int64_t count) = nullptr;
  uint64_t begin = 0;         // of the elements in the file
  bool column_major = false;  // NumPy's Fortran order, of two axes and more

  uint64_t bytes() const { return static_cast<uint64_t>(shape.elements()) * stored_bytes; }
};

}  // namespace tutti
