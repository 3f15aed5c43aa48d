// Host ops of numbers alone, in the middle of a graph.
#include <algorithm>

#include "core/graph/host_op.h"
#include "core/graph/kernel.h"

namespace tutti::cpu {
namespace {

// Tensors over the memory of each call; some rows per tile.
class HostKernel final : public Kernel {
 public:
  explicit HostKernel(const KernelRequest& request)
      : op_(static_cast<const HostOp&>(*request.op)),
        inputs_(request.inputs),
        output_(request.outputs[0]) {}
  int64_t tiles() const override { return (rows() + kRowsOfTile - 1) / kRowsOfTile; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t begin = tile * kRowsOfTile, end = std::min(begin + kRowsOfTile, rows());
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < inputs_.size(); ++i)
      inputs.push_back(lent(call.inputs[i], inputs_[i]).slice_rows(begin, end));
    op_.compute(inputs, lent(call.outputs[0], output_).slice_rows(begin, end));
  }

 private:
  static constexpr int64_t kRowsOfTile = 16;

  static Tensor lent(void* memory, const ValueType& type) {
    const size_t bytes = static_cast<size_t>(type.shape.elements()) * size_of(type.dtype);
    auto storage = std::make_shared<Storage>(cpu_device(), memory, bytes, nullptr);
    return Tensor(std::move(storage), 0, type.shape, type.dtype);
  }
  int64_t rows() const { return output_.shape[0]; }

  const HostOp& op_;
  std::vector<ValueType> inputs_;
  ValueType output_;
};

std::unique_ptr<Kernel> make_host(const KernelRequest& request) {
  return std::make_unique<HostKernel>(request);
}

TUTTI_KERNEL("hash", DeviceKind::cpu, make_host);
TUTTI_KERNEL("integer_lookup", DeviceKind::cpu, make_host);
TUTTI_KERNEL("hashed_crossing", DeviceKind::cpu, make_host);

}  // namespace
}  // namespace tutti::cpu
