// Copies a box of elements between two arrays, each with its own stride per axis: what transpose,
// broadcast_to, slice, concatenate and pad are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/graph/kernel.h"

namespace tutti::cpu {

std::vector<int64_t> dense_strides(const Shape& shape);  // row-major, in elements

class StridedCopy {
 public:
  // Extents and strides in elements, outermost axis first; an input stride may be 0. `in_offset`
  // and `out_offset` are where the box begins.
  StridedCopy(size_t element_bytes, std::vector<int64_t> extents, std::vector<int64_t> in_strides,
              std::vector<int64_t> out_strides, int64_t in_offset = 0, int64_t out_offset = 0);

  int64_t tiles() const { return tiles_; }
  void run(const std::byte* in, std::byte* out, int64_t tile) const;

 private:
  struct Axis {
    int64_t extent, in, out;
  };
  template <typename Element>
  void copy(const Element* in, Element* out, size_t axis, int64_t begin, int64_t end) const;

  size_t element_bytes_;
  std::vector<Axis> axes_;  // axes of 1 dropped, axes that lie side by side merged; at least one
  int64_t in_offset_, out_offset_;
  int64_t tiles_ = 1, step_ = 0;  // runs of the outermost axis
};

// A kernel of one input that is one such copy, once per root of a partial.
std::unique_ptr<Kernel> make_strided_kernel(const KernelRequest& request, StridedCopy copy);

}  // namespace tutti::cpu
