// max_pool on CPU: a window at a time, over its channels.
#include "core/ops/pooling.h"

#include <limits>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"
#include "core/kernels/cpu/window_walk.h"

namespace tutti::cpu {
namespace {

template <typename T>
class MaxPoolKernel final : public Kernel {
 public:
  explicit MaxPoolKernel(const KernelRequest& request)
      : walk_(static_cast<const MaxPoolOp&>(*request.op).windows(), request.inputs[0].shape,
              request.outputs[0].shape),
        tiles_(walk_.rows() * walk_.lines_per_row(), walk_.line_elements()) {}
  int64_t tiles() const override { return tiles_.count; }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t channels = walk_.channels();
    const int64_t line_outputs = walk_.positions_per_line() * channels;
    for (int64_t i = tiles_.begin(tile); i < tiles_.begin(tile) + tiles_.length(tile); ++i) {
      const T* from = static_cast<const T*>(call.inputs[0]) +
                      i / walk_.lines_per_row() * walk_.spread_elements();
      T* best = static_cast<T*>(call.outputs[0]) + i * line_outputs;
      auto* place = static_cast<int32_t*>(call.outputs[1]) + i * line_outputs;
      std::fill_n(best, line_outputs, -std::numeric_limits<T>::infinity());
      std::fill_n(place, line_outputs, -1);
      walk_.line(i % walk_.lines_per_row(), [&](int64_t window, int64_t offset, int64_t count) {
        if (offset < 0) return;
        for (const int64_t end = offset + count; offset < end; offset += channels)
          take(from + offset, static_cast<int32_t>(offset), channels, best + window * channels,
               place + window * channels);
      });
    }
  }

 private:
  // One element of a window: where it is more than the best so far, or the first, it is the best.
  static void take(const T* x, int32_t offset, int64_t channels, T* __restrict best,
                   int32_t* __restrict place) {
    for (int64_t c = 0; c < channels; ++c) {
      const bool more = (!(x[c] <= best[c]) & (best[c] == best[c])) | (place[c] < 0);
      best[c] = more ? x[c] : best[c];
      place[c] = more ? offset + static_cast<int32_t>(c) : place[c];
    }
  }

  WindowWalk walk_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_max_pool(const KernelRequest& request) {
  return make_floating<MaxPoolKernel>("max_pool", request);
}

TUTTI_KERNEL("max_pool", DeviceKind::cpu, make_max_pool);

}  // namespace
}  // namespace tutti::cpu
