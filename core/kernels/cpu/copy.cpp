// copy on CPU.
#include "core/kernels/cpu/strided_copy.h"

namespace tutti::cpu {
namespace {

std::unique_ptr<Kernel> make_copy(const KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  return make_strided_kernel(request, {size_of(request.inputs[0].dtype), shape.dims(),
                                       dense_strides(shape), dense_strides(shape)});
}

TUTTI_KERNEL("copy", DeviceKind::cpu, make_copy);

}  // namespace
}  // namespace tutti::cpu
