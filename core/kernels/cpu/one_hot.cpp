// one_hot on CPU.
#include "core/ops/one_hot.h"

#include <algorithm>

#include "core/graph/kernel.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

class OneHotKernel final : public Kernel {
 public:
  explicit OneHotKernel(const KernelRequest& request)
      : classes_(static_cast<const OneHotOp&>(*request.op).classes()),
        tiles_(request.inputs[0].shape.elements(), classes_) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t* labels = static_cast<const int64_t*>(call.inputs[0]) + tiles_.begin(tile);
    float* out = static_cast<float*>(call.outputs[0]) + tiles_.begin(tile) * classes_;
    std::fill(out, out + tiles_.length(tile) * classes_, 0.0f);
    for (int64_t i = 0; i < tiles_.length(tile); ++i)
      if (labels[i] >= 0 && labels[i] < classes_) out[i * classes_ + labels[i]] = 1.0f;
  }

 private:
  int64_t classes_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_one_hot(const KernelRequest& request) {
  return std::make_unique<OneHotKernel>(request);
}

TUTTI_KERNEL("one_hot", DeviceKind::cpu, make_one_hot);

}  // namespace
}  // namespace tutti::cpu
