// patches and fold on CPU: walks of windows over the lines of the innermost spatial axis.
#include "core/ops/patches.h"

#include <algorithm>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"
#include "core/kernels/cpu/window_walk.h"

namespace tutti::cpu {
namespace {

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
      walk_.line(i % walk_.lines_per_row(), [&](int64_t, int64_t offset, int64_t count) {
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
        walk_.line(line, [&](int64_t, int64_t offset, int64_t count) {
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
