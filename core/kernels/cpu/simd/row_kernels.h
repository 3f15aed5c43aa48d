// Kernels over the last axis, of one instruction set: leaves on plain pointers, one thread per
// call. Matrices are row-major and dense, [rows, n]. A row's bits do not depend on the rows beside
// it.
//
// A sum along a row goes over blocks of kSumBlock elements; inside a block element i is added to
// lane i mod 16, lanes are folded 8, 4, 2, 1 apart, and blocks are added in the tree of
// core/base/shard_layout.h. The same on every instruction set. A softmax of up to sixteen columns
// adds them in sequence instead, as it has a row in each lane.
#pragma once

#include <cstdint>

namespace tutti::cpu {

inline constexpr int kSumLanes = 16;
inline constexpr int64_t kSumBlock = 4096;

// Rows of n random words each: element e of row r draws word e mod 4 of philox_at(seed, step,
// first_row + r, site, e / 4).
struct RandomRows {
  uint64_t seed;
  int64_t step;
  uint32_t site;
  int64_t first_row, rows, n;
  uint32_t threshold;  // of dropout: a word whose upper 24 bits are below it drops its element
};

template <typename T>
struct RowFunctions {
  // y[i] = the sum, the largest, the smallest of row i. A NaN in the row makes the extremes NaN.
  void (*sum)(int64_t rows, int64_t n, const T* x, T* y);
  void (*largest)(int64_t rows, int64_t n, const T* x, T* y);
  void (*smallest)(int64_t rows, int64_t n, const T* x, T* y);

  // softmax and its logarithm; y may be x.
  void (*softmax)(int64_t rows, int64_t n, const T* x, T* y);
  void (*log_softmax)(int64_t rows, int64_t n, const T* x, T* y);

  // spread = softmax(x), for the gradient. loss[i] = -log softmax at the label; NaN for a label
  // outside [0, n).
  void (*sparse_loss)(int64_t rows, int64_t n, const T* x, const int64_t* labels, T* loss,
                      T* spread);
  // loss[i] = the sum of target times -log softmax.
  void (*dense_loss)(int64_t rows, int64_t n, const T* x, const T* target, T* loss, T* spread);
  // dx = (spread - target) dy, the target of a label being 1 at it; NaN for a label outside [0, n).
  // Dense: spread is multiplied by the sum of the row's target.
  void (*sparse_gradient)(int64_t rows, int64_t n, const T* spread, const int64_t* labels,
                          const T* dy, T* dx);
  void (*dense_gradient)(int64_t rows, int64_t n, const T* spread, const T* target, const T* dy,
                         T* dx);

  // y = x scale where the element is kept, else 0; y may be x.
  void (*dropout)(const RandomRows& place, const T* x, T scale, T* y);
};

struct RowKernels {
  RowFunctions<float> f32;
  RowFunctions<double> f64;
  void (*random_words)(const RandomRows& place, uint32_t* words);  // [rows, n]
};

}  // namespace tutti::cpu
