// gather_rows, own_rows and with_rows on CPU.
#include "core/ops/gather_rows.h"

#include <cstring>

#include "core/base/error.h"
#include "core/graph/kernel.h"
#include "core/graph/reducer.h"

namespace tutti::cpu {
namespace {

void check_rows(const char* where, int64_t batch, int64_t kept) {
  if (batch > kept)
    fail(where,
         "a batch of {} rows, but state is kept for {}; use smaller batches, or a batch_shape of "
         "more rows",
         batch, kept);
}

class GatherRowsKernel final : public Kernel {
 public:
  explicit GatherRowsKernel(const KernelRequest& request)
      : reducer_(request.reducer), dtype_(request.inputs[0].dtype) {
    ShardLayout layout = request.layout;
    for (layout.rank = 0; layout.rank < layout.world; ++layout.rank)
      offsets_.push_back(layout.owned_rows().begin * request.inputs[0].shape.elements_per_row());
    offsets_.push_back(layout.batch * request.inputs[0].shape.elements_per_row());
  }
  void run(const KernelCall& call, int64_t) const override {
    reducer_->gather(dtype_, call.inputs[0], call.outputs[0], offsets_);
  }

 private:
  Reducer* reducer_;
  DType dtype_;
  std::vector<int64_t> offsets_;
};

class OwnRowsKernel final : public Kernel {
 public:
  explicit OwnRowsKernel(const KernelRequest& request) {
    const size_t item = size_of(request.outputs[0].dtype);
    const Shape& out = request.outputs[0].shape;
    bytes_ = static_cast<size_t>(out.elements()) * item;
    begin_ = static_cast<size_t>(request.first_row * out.elements_per_row()) * item;
    check_rows("own_rows", request.layout.batch, request.inputs[0].shape[0]);
  }
  void run(const KernelCall& call, int64_t) const override {
    std::memcpy(call.outputs[0], static_cast<const std::byte*>(call.inputs[0]) + begin_, bytes_);
  }

 private:
  size_t bytes_ = 0, begin_ = 0;
};

class WithRowsKernel final : public Kernel {
 public:
  explicit WithRowsKernel(const KernelRequest& request) {
    const size_t item = size_of(request.outputs[0].dtype);
    rows_ = static_cast<size_t>(request.inputs[1].shape.elements()) * item;
    bytes_ = static_cast<size_t>(request.outputs[0].shape.elements()) * item;
    check_rows("with_rows", request.inputs[1].shape[0], request.outputs[0].shape[0]);
  }
  void run(const KernelCall& call, int64_t) const override {
    auto* to = static_cast<std::byte*>(call.outputs[0]);
    std::memcpy(to, call.inputs[1], rows_);
    if (to != call.inputs[0])
      std::memcpy(to + rows_, static_cast<const std::byte*>(call.inputs[0]) + rows_,
                  bytes_ - rows_);
  }

 private:
  size_t rows_ = 0, bytes_ = 0;
};

std::unique_ptr<Kernel> make_gather_rows(const KernelRequest& request) {
  return std::make_unique<GatherRowsKernel>(request);
}
std::unique_ptr<Kernel> make_with_rows(const KernelRequest& request) {
  return std::make_unique<WithRowsKernel>(request);
}
std::unique_ptr<Kernel> make_own_rows(const KernelRequest& request) {
  return std::make_unique<OwnRowsKernel>(request);
}

TUTTI_KERNEL("gather_rows", DeviceKind::cpu, make_gather_rows);
TUTTI_KERNEL("with_rows", DeviceKind::cpu, make_with_rows);
TUTTI_KERNEL("own_rows", DeviceKind::cpu, make_own_rows);

}  // namespace
}  // namespace tutti::cpu
