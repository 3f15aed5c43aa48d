// What row_table.cpp gathers into one instruction set's RowKernels. Included by row_*.cpp of this
// folder.
#pragma once

#include "core/kernels/cpu/simd/row_kernels.h"

namespace tutti::cpu::TUTTI_ISA {

#define TUTTI_DECLARE_ROW_FUNCTIONS(T)                                                        \
  void row_sums(int64_t rows, int64_t n, const T* x, T* y);                                   \
  void row_largest(int64_t rows, int64_t n, const T* x, T* y);                                \
  void row_smallest(int64_t rows, int64_t n, const T* x, T* y);                               \
  void softmax(int64_t rows, int64_t n, const T* x, T* y);                                    \
  void log_softmax(int64_t rows, int64_t n, const T* x, T* y);                                \
  void sparse_loss(int64_t rows, int64_t n, const T* x, const int64_t* labels, T* loss,       \
                   T* spread);                                                                \
  void dense_loss(int64_t rows, int64_t n, const T* x, const T* target, T* loss, T* spread);  \
  void sparse_gradient(int64_t rows, int64_t n, const T* spread, const int64_t* labels,       \
                       const T* dy, T* dx);                                                   \
  void dense_gradient(int64_t rows, int64_t n, const T* spread, const T* target, const T* dy, \
                      T* dx);                                                                 \
  void dropout(const RandomRows& place, const T* x, T scale, T* y);
TUTTI_DECLARE_ROW_FUNCTIONS(float)
TUTTI_DECLARE_ROW_FUNCTIONS(double)
#undef TUTTI_DECLARE_ROW_FUNCTIONS

void random_words(const RandomRows& place, uint32_t* words);

const RowKernels& row_kernels();

}  // namespace tutti::cpu::TUTTI_ISA
