// One instruction set's table of row kernels.
#include "core/kernels/cpu/simd/row_parts.h"

namespace tutti::cpu::TUTTI_ISA {

const RowKernels& row_kernels() {
  static constexpr RowKernels kKernels = {
      .f32 = {row_sums, row_largest, row_smallest, softmax, log_softmax, sparse_loss, dense_loss,
              sparse_gradient, dense_gradient, dropout},
      .f64 = {row_sums, row_largest, row_smallest, softmax, log_softmax, sparse_loss, dense_loss,
              sparse_gradient, dense_gradient, dropout},
      .random_words = random_words,
  };
  return kKernels;
}

}  // namespace tutti::cpu::TUTTI_ISA
