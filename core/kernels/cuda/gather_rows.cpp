// gather_rows and own_rows on CUDA.
#include "core/ops/gather_rows.h"

#include <vector>

#include "core/graph/reducer.h"
#include "core/kernels/cuda/host_buffer.h"
#include "core/kernels/cuda/make_forms.h"

namespace tutti::cuda {
namespace {

class CudaGatherRowsKernel final : public Kernel {
 public:
  explicit CudaGatherRowsKernel(const KernelRequest& request)
      : reducer_(request.reducer), dtype_(request.inputs[0].dtype), world_(request.layout.world) {
    ShardLayout layout = request.layout;
    const int64_t each = request.inputs[0].shape.elements_per_row();
    for (layout.rank = 0; layout.rank < layout.world; ++layout.rank)
      offsets_.push_back(layout.owned_rows().begin * each);
    offsets_.push_back(layout.batch * each);
    bytes_ = static_cast<size_t>(request.inputs[0].shape.elements()) * size_of(dtype_);
    if (world_ == 1) return;
    mine_ = HostBuffer(bytes_);
    full_ = HostBuffer(static_cast<size_t>(offsets_.back()) * size_of(dtype_));
  }
  void run(const KernelCall& call, int64_t) const override {
    if (world_ == 1) {
      check(cudaMemcpyAsync(call.outputs[0], call.inputs[0], bytes_, cudaMemcpyDeviceToDevice,
                            stream_of(call.stream)),
            "gather_rows");
      return;
    }
    mine_.fetch(call.stream, call.inputs[0]);
    reducer_->gather(dtype_, mine_.data(), full_.data(), offsets_);
    full_.send(call.stream, call.outputs[0], full_.size());
  }

 private:
  Reducer* reducer_;
  DType dtype_;
  int world_;
  std::vector<int64_t> offsets_;
  size_t bytes_ = 0;
  HostBuffer mine_, full_;
};

class CudaOwnRowsKernel final : public Kernel {
 public:
  explicit CudaOwnRowsKernel(const KernelRequest& request) {
    const Shape& out = request.outputs[0].shape;
    const size_t item = size_of(request.outputs[0].dtype);
    bytes_ = static_cast<size_t>(out.elements()) * item;
    begin_ = static_cast<size_t>(request.first_row * out.elements_per_row()) * item;
  }
  void run(const KernelCall& call, int64_t) const override {
    check(cudaMemcpyAsync(call.outputs[0], static_cast<const std::byte*>(call.inputs[0]) + begin_,
                          bytes_, cudaMemcpyDeviceToDevice, stream_of(call.stream)),
          "own_rows");
  }

 private:
  size_t bytes_ = 0, begin_ = 0;
};

TUTTI_KERNEL("gather_rows", DeviceKind::cuda, make_one<CudaGatherRowsKernel>);
TUTTI_KERNEL("own_rows", DeviceKind::cuda, make_one<CudaOwnRowsKernel>);

}  // namespace
}  // namespace tutti::cuda
