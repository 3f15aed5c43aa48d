// One instruction set's table of matrix-product kernels.
#include "core/kernels/cpu/simd/gemm_parts.h"
#include "core/kernels/cpu/simd/gemm_vector.h"

namespace tutti::cpu::TUTTI_ISA {

const GemmKernels& gemm_kernels() {
  static constexpr GemmKernels kKernels = {
      .f32 = {gemm_nn, gemm_nt, gemm_tn, column_sums},
      .f64 = {gemm_nn, gemm_nt, gemm_tn, column_sums},
      .panel_width = kPanel,
      .pack_nn = gemm_pack_nn,
      .pack_nt = gemm_pack_nt,
      .packed = gemm_packed,
  };
  return kKernels;
}

}  // namespace tutti::cpu::TUTTI_ISA
