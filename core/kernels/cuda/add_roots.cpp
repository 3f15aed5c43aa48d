// add_roots on CUDA: the sums of a rank's passes, in tree order.
#include <vector>

#include "core/base/error.h"
#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/graph/shard_passes.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/sum_kernels.h"

namespace tutti::cuda {
namespace {

template <typename T>
class CudaAddRootsKernel final : public Kernel {
 public:
  explicit CudaAddRootsKernel(const KernelRequest& request)
      : moves_(static_cast<const AddRootsOp&>(*request.op).moves()),
        elements_(request.outputs[0].shape.elements()),
        pass_stride_(request.input_root_stride.back()),
        stride_(request.output_root_stride[0]),
        pass_(request.inputs.size() - 1) {}

  void run(const KernelCall& call, int64_t) const override {
    const cudaStream_t stream = stream_of(call.stream);
    T* sums = static_cast<T*>(call.outputs[0]);
    const T* pass = static_cast<const T*>(call.inputs[pass_]);
    for (const RootMove& move : moves_) {
      T* to = sums + static_cast<int64_t>(move.to) * stride_;
      const auto root = static_cast<int64_t>(move.from);
      const T* from = move.of_pass ? pass + root * pass_stride_ : sums + root * stride_;
      if (move.adds)
        add_to(stream, elements_, from, to);
      else if (to != from)
        check(cudaMemcpyAsync(to, from, static_cast<size_t>(elements_) * sizeof(T),
                              cudaMemcpyDeviceToDevice, stream),
              "add_roots");
      check_launch("add_roots");
    }
  }

 private:
  std::vector<RootMove> moves_;
  int64_t elements_, pass_stride_, stride_;
  size_t pass_;  // which input
};

std::unique_ptr<Kernel> make_add_roots_kernel(const KernelRequest& request) {
  switch (request.outputs[0].dtype) {
    case DType::f32:
      return std::make_unique<CudaAddRootsKernel<float>>(request);
    case DType::f64:
      return std::make_unique<CudaAddRootsKernel<double>>(request);
    case DType::i64:
      return std::make_unique<CudaAddRootsKernel<int64_t>>(request);
    default:
      fail(ExitCode::missing, "add_roots", "no sums of {}; cast to float32 or int64",
           name_of(request.outputs[0].dtype));
  }
}

TUTTI_KERNEL("add_roots", DeviceKind::cuda, make_add_roots_kernel);

}  // namespace
}  // namespace tutti::cuda
