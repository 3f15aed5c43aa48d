#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {

namespace x86_64 {
const RowKernels& row_kernels();
}
namespace avx2 {
const RowKernels& row_kernels();
}
namespace avx512 {
const RowKernels& row_kernels();
}

const RowKernels& row_kernels(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return avx512::row_kernels();
    case Isa::avx2:
      return avx2::row_kernels();
    case Isa::x86_64:
      break;
  }
  return x86_64::row_kernels();
}

}  // namespace tutti::cpu
