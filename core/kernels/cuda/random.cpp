// The kernel slots that draw random numbers: dropout, random_uniform, shuffled_rows. The numbers
// are those of the CPU. The step is read from device memory, as a recorded segment is played again
// at every step.
#include <cmath>
#include <cstddef>

#include "core/base/permutation.h"
#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/random_kernels.h"
#include "core/ops/dropout.h"
#include "core/ops/random_uniform.h"
#include "core/ops/shuffle_rows.h"

namespace tutti::cuda {
namespace {

static_assert(offsetof(StepContext, seed) == 0 && offsetof(StepContext, step) == 8);

// Without the step, which is known when the kernel is run.
RandomSource source_of(const KernelRequest& request) {
  const auto& op = static_cast<const RandomOp&>(*request.op);
  return {nullptr, op.seed().has_value(), op.seed().value_or(0),
          static_cast<uint32_t>(op.call_site())};
}
RandomSource in_step(RandomSource source, const KernelCall& call) {
  source.context = static_cast<const CudaStream&>(*call.stream).step_context();
  return source;
}

RandomRows random_rows_of(const KernelRequest& request) {
  const ValueType& type = request.outputs[0];
  return {type.kind == ValueKind::row ? request.first_row : 0, type.shape[0],
          type.shape.elements_per_row()};
}

template <typename T>
class CudaDropoutKernel final : public Kernel {
 public:
  explicit CudaDropoutKernel(const KernelRequest& request)
      : source_(source_of(request)), rows_(random_rows_of(request)) {
    const double rate = static_cast<const DropoutOp&>(*request.op).rate();
    threshold_ = static_cast<uint32_t>(std::llround(rate * 16777216.0));
    scale_ = static_cast<T>(1.0 / (1.0 - rate));
  }
  void run(const KernelCall& call, int64_t) const override {
    dropout(stream_of(call.stream), in_step(source_, call), rows_, threshold_, scale_,
            static_cast<const T*>(call.inputs[0]), static_cast<T*>(call.outputs[0]));
    check_launch("dropout");
  }

 private:
  RandomSource source_;
  RandomRows rows_;
  uint32_t threshold_;
  T scale_;
};

template <typename T>
class CudaRandomUniformKernel final : public Kernel {
 public:
  explicit CudaRandomUniformKernel(const KernelRequest& request)
      : source_(source_of(request)), rows_(random_rows_of(request)) {}
  void run(const KernelCall& call, int64_t) const override {
    random_uniform(stream_of(call.stream), in_step(source_, call), rows_,
                   static_cast<T*>(call.outputs[0]));
    check_launch("random_uniform");
  }

 private:
  RandomSource source_;
  RandomRows rows_;
};

class CudaShuffledRowsKernel final : public Kernel {
 public:
  explicit CudaShuffledRowsKernel(const KernelRequest& request)
      : source_(source_of(request)),
        inverse_(static_cast<const ShuffledRowsOp&>(*request.op).inverse()),
        elements_(request.outputs[0].shape.elements_per_row()),
        element_bytes_(size_of(request.outputs[0].dtype)) {
    shuffle_.rows = request.inputs[0].shape[0];
    shuffle_.first_row = request.first_row;
    shuffle_.own_rows = request.outputs[0].shape[0];
    const Permutation any(0, 0, shuffle_.rows);  // its sides depend on the rows alone
    shuffle_.a = any.rounds().a, shuffle_.b = any.rounds().b;
  }
  void run(const KernelCall& call, int64_t) const override {
    shuffle_rows(stream_of(call.stream), in_step(source_, call), shuffle_, inverse_, elements_,
                 element_bytes_, call.inputs[0], call.outputs[0]);
    check_launch("shuffled_rows");
  }

 private:
  RandomSource source_;
  ShuffledRows shuffle_{};
  bool inverse_;
  int64_t elements_;
  size_t element_bytes_;
};

TUTTI_KERNEL("dropout", DeviceKind::cuda, make_floating<CudaDropoutKernel>);
TUTTI_KERNEL("random_uniform", DeviceKind::cuda, make_floating<CudaRandomUniformKernel>);
TUTTI_KERNEL("shuffled_rows", DeviceKind::cuda, make_one<CudaShuffledRowsKernel>);

}  // namespace
}  // namespace tutti::cuda
