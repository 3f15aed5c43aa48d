// transpose on CPU.
#include "core/ops/transpose.h"

#include "core/kernels/cpu/strided_copy.h"

namespace tutti::cpu {
namespace {

std::unique_ptr<Kernel> make_transpose(const KernelRequest& request) {
  const auto& permutation = static_cast<const TransposeOp&>(*request.op).permutation();
  const auto in = dense_strides(request.inputs[0].shape);
  std::vector<int64_t> permuted;
  for (const int axis : permutation) permuted.push_back(in[static_cast<size_t>(axis)]);
  const Shape& out = request.outputs[0].shape;
  return make_strided_kernel(request, {size_of(request.inputs[0].dtype), out.dims(),
                                       std::move(permuted), dense_strides(out)});
}

TUTTI_KERNEL("transpose", DeviceKind::cpu, make_transpose);

}  // namespace
}  // namespace tutti::cpu
