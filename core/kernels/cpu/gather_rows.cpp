// gather_rows and own_rows on CPU.
#include "core/ops/gather_rows.h"

#include <cstring>

#include "core/graph/kernel.h"
#include "core/graph/reducer.h"

namespace tutti::cpu {
namespace {

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
  }
  void run(const KernelCall& call, int64_t) const override {
    std::memcpy(call.outputs[0], static_cast<const std::byte*>(call.inputs[0]) + begin_, bytes_);
  }

 private:
  size_t bytes_ = 0, begin_ = 0;
};

std::unique_ptr<Kernel> make_gather_rows(const KernelRequest& request) {
  return std::make_unique<GatherRowsKernel>(request);
}
std::unique_ptr<Kernel> make_own_rows(const KernelRequest& request) {
  return std::make_unique<OwnRowsKernel>(request);
}

TUTTI_KERNEL("gather_rows", DeviceKind::cpu, make_gather_rows);
TUTTI_KERNEL("own_rows", DeviceKind::cpu, make_own_rows);

}  // namespace
}  // namespace tutti::cpu
