// Walks of windows over the lines of the innermost spatial axis: what patches, fold and max_pool
// do.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/ops/patches.h"

namespace tutti::cpu {

// Three spatial axes, those that are missing in front with one element. `spread` is the shape that
// windows slide over, `seen` begins with what they make of it: rows and positions.
class WindowWalk {
 public:
  WindowWalk(const Windows& windows, const Shape& spread, const Shape& seen)
      : rows_(spread[0]), channels_(spread[-1]), elements_(windows.elements()) {
    const size_t axes = windows.size.size(), skip = 3 - axes;
    for (size_t i = 0; i < axes; ++i)
      axis_[skip + i] = {spread[static_cast<int>(i) + 1],
                         seen[static_cast<int>(i) + 1],
                         windows.size[i],
                         windows.stride[i],
                         windows.dilation[i],
                         windows.before[i]};
  }

  int64_t channels() const { return channels_; }
  int64_t positions_per_line() const { return axis_[2].positions; }
  int64_t rows() const { return rows_; }
  int64_t lines_per_row() const { return axis_[0].positions * axis_[1].positions; }
  int64_t line_elements() const { return axis_[2].positions * elements_ * channels_; }
  int64_t spread_elements() const {
    return axis_[0].extent * axis_[1].extent * axis_[2].extent * channels_;
  }

  // The line of windows number `line` of one row. For each run along the innermost axis, of windows
  // and of their elements in order: see(window in the line; offset in the row, or -1 in the
  // padding; elements).
  template <typename See>
  void line(int64_t line, const See& see) const {
    const int64_t o0 = line / axis_[1].positions, o1 = line % axis_[1].positions;
    for (int64_t o2 = 0; o2 < axis_[2].positions; ++o2)
      for (int64_t k0 = 0; k0 < axis_[0].size; ++k0)
        for (int64_t k1 = 0; k1 < axis_[1].size; ++k1)
          run(axis_[0].at(o0, k0), axis_[1].at(o1, k1), o2, see);
  }

 private:
  struct Axis {
    int64_t extent = 1, positions = 1, size = 1, stride = 1, dilation = 1, before = 0;
    // The element that a window at position o sees as its k-th, -1 in the padding.
    int64_t at(int64_t o, int64_t k) const {
      const int64_t i = o * stride - before + k * dilation;
      return i < extent ? std::max<int64_t>(i, -1) : -1;
    }
  };

  template <typename See>
  void run(int64_t i0, int64_t i1, int64_t o2, const See& see) const {
    const Axis& last = axis_[2];
    if (i0 < 0 || i1 < 0) return see(o2, -1, last.size * channels_);
    const int64_t begin = (i0 * axis_[1].extent + i1) * last.extent;
    if (last.dilation > 1) {
      for (int64_t k = 0; k < last.size; ++k) {
        const int64_t i2 = last.at(o2, k);
        see(o2, i2 < 0 ? -1 : (begin + i2) * channels_, channels_);
      }
      return;
    }
    const int64_t first = o2 * last.stride - last.before;
    const int64_t low = std::clamp<int64_t>(-first, 0, last.size);
    const int64_t high = std::clamp<int64_t>(last.extent - first, low, last.size);
    if (low > 0) see(o2, -1, low * channels_);
    if (high > low) see(o2, (begin + first + low) * channels_, (high - low) * channels_);
    if (high < last.size) see(o2, -1, (last.size - high) * channels_);
  }

  Axis axis_[3];
  int64_t rows_, channels_, elements_;
};

}  // namespace tutti::cpu
