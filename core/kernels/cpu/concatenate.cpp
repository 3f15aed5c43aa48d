// concatenate on CPU: a strided copy per input.
#include "core/ops/concatenate.h"

#include "core/kernels/cpu/strided_copy.h"
#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {
namespace {

class ConcatenateKernel final : public Kernel {
 public:
  explicit ConcatenateKernel(const KernelRequest& request)
      : copies_(copies_of(request)), item_(static_cast<int64_t>(size_of(request.inputs[0].dtype))) {
    const int axis = static_cast<const ConcatenateOp&>(*request.op).axis();
    const auto out = dense_strides(request.outputs[0].shape);
    int64_t begin = 0;
    for (const auto& input : request.inputs) {
      boxes_.emplace_back(size_of(input.dtype), input.shape.dims(), dense_strides(input.shape), out,
                          0, begin * out[static_cast<size_t>(axis)]);
      begin += input.shape[axis];
      first_tile_.push_back(tiles_);
      tiles_ += boxes_.back().tiles();
    }
  }
  int64_t tiles() const override { return copies_.count * tiles_; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t root = tile / tiles_, at = tile % tiles_;
    size_t i = boxes_.size() - 1;
    while (first_tile_[i] > at) --i;
    boxes_[i].run(
        static_cast<const std::byte*>(call.inputs[i]) + root * copies_.input_stride[i] * item_,
        static_cast<std::byte*>(call.outputs[0]) + root * copies_.output_stride * item_,
        at - first_tile_[i]);
  }

 private:
  Copies copies_;
  int64_t item_;
  std::vector<StridedCopy> boxes_;
  std::vector<int64_t> first_tile_;
  int64_t tiles_ = 0;
};

std::unique_ptr<Kernel> make_concatenate(const KernelRequest& request) {
  return std::make_unique<ConcatenateKernel>(request);
}

TUTTI_KERNEL("concatenate", DeviceKind::cpu, make_concatenate);

}  // namespace
}  // namespace tutti::cpu
