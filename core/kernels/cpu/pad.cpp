// pad on CPU: zeros everywhere, then the box.
#include "core/ops/pad.h"

#include <cstring>

#include "core/kernels/cpu/strided_copy.h"
#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {
namespace {

StridedCopy padded_box(const KernelRequest& request) {
  const auto& before = static_cast<const PadOp&>(*request.op).before();
  const Shape& in = request.inputs[0].shape;
  const auto out = dense_strides(request.outputs[0].shape);
  int64_t offset = 0;
  for (size_t axis = 0; axis < before.size(); ++axis) offset += before[axis] * out[axis];
  return {size_of(request.inputs[0].dtype), in.dims(), dense_strides(in), out, 0, offset};
}

class PadKernel final : public Kernel {
 public:
  explicit PadKernel(const KernelRequest& request)
      : copies_(copies_of(request)),
        item_(static_cast<int64_t>(size_of(request.inputs[0].dtype))),
        bytes_(static_cast<size_t>(request.outputs[0].shape.elements() * item_)),
        box_(padded_box(request)) {}
  int64_t tiles() const override { return copies_.count; }
  void run(const KernelCall& call, int64_t root) const override {
    const auto* in =
        static_cast<const std::byte*>(call.inputs[0]) + root * copies_.input_stride[0] * item_;
    auto* out = static_cast<std::byte*>(call.outputs[0]) + root * copies_.output_stride * item_;
    std::memset(out, 0, bytes_);
    for (int64_t tile = 0; tile < box_.tiles(); ++tile) box_.run(in, out, tile);
  }

 private:
  Copies copies_;
  int64_t item_;
  size_t bytes_;
  StridedCopy box_;
};

std::unique_ptr<Kernel> make_pad(const KernelRequest& request) {
  return std::make_unique<PadKernel>(request);
}

TUTTI_KERNEL("pad", DeviceKind::cpu, make_pad);

}  // namespace
}  // namespace tutti::cpu
