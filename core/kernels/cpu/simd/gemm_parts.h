// What gemm.cpp gathers into one instruction set's GemmKernels. Included by gemm*.cpp of this
// folder only.
#pragma once

#include "core/kernels/cpu/simd/gemm_kernels.h"

// kernel<1, v> ... kernel<kBlockRows, v> behind a leading null: indexed by the number of rows.
#define TUTTI_GEMM_ROWS_4(kernel, v) nullptr, kernel<1, v>, kernel<2, v>, kernel<3, v>, kernel<4, v>
#define TUTTI_GEMM_ROWS_6(kernel, v) TUTTI_GEMM_ROWS_4(kernel, v), kernel<5, v>, kernel<6, v>
#define TUTTI_GEMM_ROWS_14(kernel, v)                                                    \
  TUTTI_GEMM_ROWS_6(kernel, v), kernel<7, v>, kernel<8, v>, kernel<9, v>, kernel<10, v>, \
      kernel<11, v>, kernel<12, v>, kernel<13, v>, kernel<14, v>
#if defined(__AVX512F__)
#define TUTTI_GEMM_ROW_TABLE TUTTI_GEMM_ROWS_14
#elif defined(__AVX2__)
#define TUTTI_GEMM_ROW_TABLE TUTTI_GEMM_ROWS_6
#else
#define TUTTI_GEMM_ROW_TABLE TUTTI_GEMM_ROWS_4
#endif

namespace tutti::cpu::TUTTI_ISA {

// gemm_rows.cpp, gemm_shards.cpp
void gemm_nn(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
             int64_t ldb, float* c, int64_t ldc);
void gemm_nt(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
             int64_t ldb, float* c, int64_t ldc);
void gemm_tn(int64_t i0, int64_t i1, int64_t j0, int64_t j1, const float* a, int64_t lda,
             const float* b, int64_t ldb, const ShardRoot<float>* roots, int64_t root_count);

// gemm_column_sums.cpp
void column_sums(int64_t j0, int64_t j1, const float* b, int64_t ldb, const ShardRoot<float>* roots,
                 int64_t root_count);

// gemm_rows.cpp
void gemm_pack_nn(int64_t k, int64_t n, const float* b, int64_t ldb, int64_t p0, int64_t p1,
                  float* packed);
void gemm_pack_nt(int64_t k, int64_t n, const float* b, int64_t ldb, int64_t p0, int64_t p1,
                  float* packed);
void gemm_packed(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* packed,
                 int64_t p0, int64_t p1, float* c, int64_t ldc);

// gemm_f64.cpp
void gemm_nn(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b,
             int64_t ldb, double* c, int64_t ldc);
void gemm_nt(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b,
             int64_t ldb, double* c, int64_t ldc);
void gemm_tn(int64_t i0, int64_t i1, int64_t j0, int64_t j1, const double* a, int64_t lda,
             const double* b, int64_t ldb, const ShardRoot<double>* roots, int64_t root_count);
void column_sums(int64_t j0, int64_t j1, const double* b, int64_t ldb,
                 const ShardRoot<double>* roots, int64_t root_count);

const GemmKernels& gemm_kernels();

}  // namespace tutti::cpu::TUTTI_ISA
