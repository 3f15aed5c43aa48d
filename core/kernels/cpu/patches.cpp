// patches and fold on CPU: walks of windows over the lines of the innermost spatial axis.
#include "core/ops/patches.h"

#include <algorithm>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

// Three spatial axes, those that are missing in front with one element.
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

  int64_t rows() const { return rows_; }
  int64_t lines_per_row() const { return axis_[0].positions * axis_[1].positions; }
  int64_t line_elements() const { return axis_[2].positions * elements_ * channels_; }
  int64_t spread_elements() const {
    return axis_[0].extent * axis_[1].extent * axis_[2].extent * channels_;
  }

  // The line of windows number `line` of one row. For each run along the innermost axis, of windows
  // and of their elements in order: see(offset in the row, or -1 in the padding; elements).
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
    if (i0 < 0 || i1 < 0) return see(-1, last.size * channels_);
    const int64_t begin = (i0 * axis_[1].extent + i1) * last.extent;
    if (last.dilation > 1) {
      for (int64_t k = 0; k < last.size; ++k) {
        const int64_t i2 = last.at(o2, k);
        see(i2 < 0 ? -1 : (begin + i2) * channels_, channels_);
      }
      return;
    }
    const int64_t first = o2 * last.stride - last.before;
    const int64_t low = std::clamp<int64_t>(-first, 0, last.size);
    const int64_t high = std::clamp<int64_t>(last.extent - first, low, last.size);
    if (low > 0) see(-1, low * channels_);
    if (high > low) see((begin + first + low) * channels_, (high - low) * channels_);
    if (high < last.size) see(-1, (last.size - high) * channels_);
  }

  Axis axis_[3];
  int64_t rows_, channels_, elements_;
};

template <typename T>
class PatchesKernel final : public Kernel {
 public:
  explicit PatchesKernel(const KernelRequest& request)
      : walk_(static_cast<const PatchesOp&>(*request.op).windows(), request.inputs[0].shape,
              request.outputs[0].shape),
        fill_(static_cast<T>(static_cast<const PatchesOp&>(*request.op).fill())),
        tiles_(walk_.rows() * walk_.lines_per_row(), walk_.line_elements()) {}
  int64_t tiles() const override { return tiles_.count; }

  void run(const KernelCall& call, int64_t tile) const override {
    for (int64_t i = tiles_.begin(tile); i < tiles_.begin(tile) + tiles_.length(tile); ++i) {
      const T* from = static_cast<const T*>(call.inputs[0]) +
                      i / walk_.lines_per_row() * walk_.spread_elements();
      T* to = static_cast<T*>(call.outputs[0]) + i * walk_.line_elements();
      walk_.line(i % walk_.lines_per_row(), [&](int64_t offset, int64_t count) {
        to = offset < 0 ? std::fill_n(to, count, fill_) : std::copy_n(from + offset, count, to);
      });
    }
  }

 private:
  WindowWalk walk_;
  T fill_;
  RowTiles tiles_;
};

// One thread to a row of the batch: its windows overlap.
template <typename T>
class FoldKernel final : public Kernel {
 public:
  explicit FoldKernel(const KernelRequest& request)
      : walk_(static_cast<const FoldOp&>(*request.op).windows(), request.outputs[0].shape,
              request.inputs[0].shape),
        tiles_(walk_.rows(), walk_.lines_per_row() * walk_.line_elements()) {}
  int64_t tiles() const override { return tiles_.count; }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t row_elements = walk_.lines_per_row() * walk_.line_elements();
    for (int64_t i = tiles_.begin(tile); i < tiles_.begin(tile) + tiles_.length(tile); ++i) {
      const T* from = static_cast<const T*>(call.inputs[0]) + i * row_elements;
      T* to = static_cast<T*>(call.outputs[0]) + i * walk_.spread_elements();
      std::fill_n(to, walk_.spread_elements(), T{0});
      for (int64_t line = 0; line < walk_.lines_per_row(); ++line)
        walk_.line(line, [&](int64_t offset, int64_t count) {
          if (offset >= 0)
            for (int64_t e = 0; e < count; ++e) to[offset + e] += from[e];
          from += count;
        });
    }
  }

 private:
  WindowWalk walk_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_patches(const KernelRequest& request) {
  return make_floating<PatchesKernel>("patches", request);
}
std::unique_ptr<Kernel> make_fold(const KernelRequest& request) {
  return make_floating<FoldKernel>("fold", request);
}

TUTTI_KERNEL("patches", DeviceKind::cpu, make_patches);
TUTTI_KERNEL("fold", DeviceKind::cpu, make_fold);

}  // namespace
}  // namespace tutti::cpu
