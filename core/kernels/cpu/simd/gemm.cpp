// One instruction set's table of matrix-product kernels.
#include "core/kernels/cpu/simd/gemm_parts.h"
#include "core/kernels/cpu/simd/gemm_vector.h"

namespace tutti::cpu::TUTTI_ISA {

const GemmKernels& gemm_kernels() {
  static const GemmKernels kernels = [] {
    GemmKernels k;
    k.f32 = {gemm_nn, gemm_nt, gemm_tn, column_sums};
    k.f64 = gemm_f64();
    k.panel_width = kPanel;
    k.pack_nn = gemm_pack_nn;
    k.pack_nt = gemm_pack_nt;
    k.packed = gemm_packed;
    return k;
  }();
  return kernels;
}

}  // namespace tutti::cpu::TUTTI_ISA
