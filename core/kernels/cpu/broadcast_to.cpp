// broadcast_to on CPU.
#include "core/ops/broadcast_to.h"

#include "core/kernels/cpu/strided_copy.h"

namespace tutti::cpu {
namespace {

std::unique_ptr<Kernel> make_broadcast_to(const KernelRequest& request) {
  const Shape &in = request.inputs[0].shape, &out = request.outputs[0].shape;
  std::vector<int64_t> strides(static_cast<size_t>(out.rank() - in.rank()), 0);
  const auto dense = dense_strides(in);
  for (int axis = 0; axis < in.rank(); ++axis) {
    const bool repeated = in[axis] == 1 && out[axis + out.rank() - in.rank()] != 1;
    strides.push_back(repeated ? 0 : dense[static_cast<size_t>(axis)]);
  }
  return make_strided_kernel(request, {size_of(request.inputs[0].dtype), out.dims(),
                                       std::move(strides), dense_strides(out)});
}

TUTTI_KERNEL("broadcast_to", DeviceKind::cpu, make_broadcast_to);

}  // namespace
}  // namespace tutti::cpu
