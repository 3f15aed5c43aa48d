// gather_rows, own_rows and with_rows on CUDA.
#include "core/ops/gather_rows.h"

#include <vector>

#include "core/base/error.h"
#include "core/graph/reducer.h"
#include "core/kernels/cuda/host_buffer.h"
#include "core/kernels/cuda/make_forms.h"

namespace tutti::cuda {
namespace {

void check_rows(const char* where, int64_t batch, int64_t kept) {
  if (batch > kept)
    fail(where,
         "a batch of {} rows, but state is kept for {}; use smaller batches, or a batch_shape of "
         "more rows",
         batch, kept);
}

void copy_bytes(const KernelCall& call, void* to, const void* from, size_t bytes) {
  if (to == from || bytes == 0) return;
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_of(call.stream)),
        "copying rows");
}

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
    if (world_ == 1) return copy_bytes(call, call.outputs[0], call.inputs[0], bytes_);
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
    check_rows("own_rows", request.layout.batch, request.inputs[0].shape[0]);
  }
  void run(const KernelCall& call, int64_t) const override {
    copy_bytes(call, call.outputs[0], static_cast<const std::byte*>(call.inputs[0]) + begin_,
               bytes_);
  }

 private:
  size_t bytes_ = 0, begin_ = 0;
};

class CudaWithRowsKernel final : public Kernel {
 public:
  explicit CudaWithRowsKernel(const KernelRequest& request) {
    const size_t item = size_of(request.outputs[0].dtype);
    rows_ = static_cast<size_t>(request.inputs[1].shape.elements()) * item;
    bytes_ = static_cast<size_t>(request.outputs[0].shape.elements()) * item;
    check_rows("with_rows", request.inputs[1].shape[0], request.outputs[0].shape[0]);
  }
  void run(const KernelCall& call, int64_t) const override {
    auto* to = static_cast<std::byte*>(call.outputs[0]);
    copy_bytes(call, to, call.inputs[1], rows_);
    copy_bytes(call, to + rows_, static_cast<const std::byte*>(call.inputs[0]) + rows_,
               bytes_ - rows_);
  }

 private:
  size_t rows_ = 0, bytes_ = 0;
};

TUTTI_KERNEL("gather_rows", DeviceKind::cuda, make_one<CudaGatherRowsKernel>);
TUTTI_KERNEL("own_rows", DeviceKind::cuda, make_one<CudaOwnRowsKernel>);
TUTTI_KERNEL("with_rows", DeviceKind::cuda, make_one<CudaWithRowsKernel>);

}  // namespace
}  // namespace tutti::cuda
