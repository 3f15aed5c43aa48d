// softmax and log_softmax on CPU.
#include "core/ops/softmax.h"

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

constexpr int64_t kSoftmaxGrain =
    4096;  // elements of a tile: an exp costs several cheap operations

template <typename T>
class SoftmaxKernel final : public Kernel {
 public:
  SoftmaxKernel(const KernelRequest& request, bool logarithm)
      : columns_(request.inputs[0].shape[-1]),
        tiles_(request.inputs[0].shape.elements() / columns_, columns_, kSoftmaxGrain),
        normalise_(logarithm ? row_functions<T>().log_softmax : row_functions<T>().softmax) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t at = tiles_.begin(tile) * columns_;
    normalise_(tiles_.length(tile), columns_, static_cast<const T*>(call.inputs[0]) + at,
               static_cast<T*>(call.outputs[0]) + at);
  }

 private:
  int64_t columns_;
  RowTiles tiles_;
  decltype(RowFunctions<T>::softmax) normalise_;
};

std::unique_ptr<Kernel> make_softmax(const KernelRequest& request) {
  return make_floating<SoftmaxKernel>("softmax", request, false);
}
std::unique_ptr<Kernel> make_log_softmax(const KernelRequest& request) {
  return make_floating<SoftmaxKernel>("log_softmax", request, true);
}

TUTTI_KERNEL("softmax", DeviceKind::cpu, make_softmax);
TUTTI_KERNEL("log_softmax", DeviceKind::cpu, make_log_softmax);

}  // namespace
}  // namespace tutti::cpu
