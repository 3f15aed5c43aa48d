// take_along on CPU.
#include "core/ops/take_along.h"

#include <limits>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

template <typename T>
class TakeAlongKernel final : public Kernel {
 public:
  explicit TakeAlongKernel(const KernelRequest& request)
      : columns_(request.inputs[0].shape[-1]), tiles_(request.inputs[1].shape.elements(), 1) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const T* x = static_cast<const T*>(call.inputs[0]);
    const auto* index = static_cast<const int64_t*>(call.inputs[1]);
    for (int64_t i = tiles_.begin(tile); i < tiles_.begin(tile) + tiles_.length(tile); ++i) {
      const bool known = index[i] >= 0 && index[i] < columns_;
      static_cast<T*>(call.outputs[0])[i] =
          known ? x[i * columns_ + index[i]] : std::numeric_limits<T>::quiet_NaN();
    }
  }

 private:
  int64_t columns_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_take_along(const KernelRequest& request) {
  return make_floating<TakeAlongKernel>("take_along", request);
}

TUTTI_KERNEL("take_along", DeviceKind::cpu, make_take_along);

}  // namespace
}  // namespace tutti::cpu
