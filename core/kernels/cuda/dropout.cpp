// dropout on CUDA: the numbers are those of the CPU. The step is read from device memory, as a
// recorded segment is played again at every step.
#include "core/ops/dropout.h"

#include <cmath>
#include <cstddef>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/copy_kernels.h"
#include "core/kernels/cuda/make_forms.h"

namespace tutti::cuda {
namespace {

static_assert(offsetof(StepContext, seed) == 0 && offsetof(StepContext, step) == 8);

template <typename T>
class CudaDropoutKernel final : public Kernel {
 public:
  explicit CudaDropoutKernel(const KernelRequest& request) {
    const auto& op = static_cast<const DropoutOp&>(*request.op);
    const Shape& shape = request.inputs[0].shape;
    place_.own_seed = op.seed().has_value();
    place_.seed = op.seed().value_or(0);
    place_.site = static_cast<uint32_t>(op.call_site());
    place_.threshold = static_cast<uint32_t>(std::llround(op.rate() * 16777216.0));
    place_.first_row = request.inputs[0].kind == ValueKind::row ? request.first_row : 0;
    place_.rows = shape[0];
    place_.columns = shape.elements_per_row();
    scale_ = static_cast<T>(1.0 / (1.0 - op.rate()));
  }
  void run(const KernelCall& call, int64_t) const override {
    DropoutPlace place = place_;
    place.context = static_cast<const CudaStream&>(*call.stream).step_context();
    dropout(stream_of(call.stream), place, scale_, static_cast<const T*>(call.inputs[0]),
            static_cast<T*>(call.outputs[0]));
    check_launch("dropout");
  }

 private:
  DropoutPlace place_{};
  T scale_;
};

TUTTI_KERNEL("dropout", DeviceKind::cuda, make_floating<CudaDropoutKernel>);

}  // namespace
}  // namespace tutti::cuda
