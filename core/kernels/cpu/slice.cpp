// slice on CPU.
#include "core/ops/slice.h"

#include "core/kernels/cpu/strided_copy.h"

namespace tutti::cpu {
namespace {

std::unique_ptr<Kernel> make_slice(const KernelRequest& request) {
  const auto& begin = static_cast<const SliceOp&>(*request.op).begin();
  const Shape& out = request.outputs[0].shape;
  const auto in = dense_strides(request.inputs[0].shape);
  int64_t offset = 0;
  for (size_t axis = 0; axis < begin.size(); ++axis) offset += begin[axis] * in[axis];
  return make_strided_kernel(
      request, {size_of(request.inputs[0].dtype), out.dims(), in, dense_strides(out), offset});
}

TUTTI_KERNEL("slice", DeviceKind::cpu, make_slice);

}  // namespace
}  // namespace tutti::cpu
