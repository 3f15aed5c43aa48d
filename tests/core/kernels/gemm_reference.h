// Slow, obvious products that the gemm kernels must equal bit for bit, and the matrices to try them
// on.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/base/shard_layout.h"
#include "core/kernels/cpu/gemm_dispatch.h"

namespace tutti::gemm_test {

// A row-major matrix with room around its rows that no kernel may touch.
template <typename T>
struct Matrix {
  static constexpr T kUntouched = T(-12345);
  int64_t rows, columns, ld;
  std::vector<T> data;
  Matrix(int64_t r, int64_t c, int64_t gap = 3)
      : rows(r), columns(c), ld(c + gap), data(static_cast<size_t>(r * ld + 1), kUntouched) {}
  T* at(int64_t r, int64_t c = 0) { return data.data() + r * ld + c; }
  const T* at(int64_t r, int64_t c = 0) const { return data.data() + r * ld + c; }
  bool operator==(const Matrix& o) const {
    return data.size() == o.data.size() &&
           std::memcmp(data.data(), o.data.data(), data.size() * sizeof(T)) == 0;
  }
};

template <typename T>
Matrix<T> random_matrix(int64_t rows, int64_t columns, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<T> normal;
  Matrix<T> m(rows, columns);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) *m.at(r, c) = normal(engine);
  return m;
}

// One link of the chain that the instruction set promises.
template <typename T>
T link(Isa isa, T a, T b, T c) {
  return isa == Isa::x86_64 ? c + a * b : std::fma(a, b, c);
}

template <typename T>
Matrix<T> reference_nn(Isa isa, const Matrix<T>& a, const Matrix<T>& b) {
  Matrix<T> c(a.rows, b.columns);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < b.columns; ++j) {
      T sum = 0;
      for (int64_t k = 0; k < a.columns; ++k) sum = link(isa, *a.at(i, k), *b.at(k, j), sum);
      *c.at(i, j) = sum;
    }
  return c;
}

template <typename T>
Matrix<T> transposed(const Matrix<T>& m) {
  Matrix<T> t(m.columns, m.rows);
  for (int64_t r = 0; r < m.rows; ++r)
    for (int64_t c = 0; c < m.columns; ++c) *t.at(c, r) = *m.at(r, c);
  return t;
}

// Shards add(row, sum) takes one row into; folded by the library's own fold_tree.
template <typename T, typename AddRow>
T reference_tree(const std::vector<int64_t>& offsets, AddRow&& add_row) {
  std::vector<T> level(64);
  const auto leaf = [&](int64_t s, int at) {
    T sum = 0;
    for (int64_t r = offsets[s]; r < offsets[s + 1]; ++r) sum = add_row(r, sum);
    level[at] = sum;
  };
  fold_tree(static_cast<int64_t>(offsets.size()) - 1, leaf,
            [&](int dst, int src) { level[dst] += level[src]; });
  return level[0];
}

inline std::vector<int64_t> shard_offsets(int64_t rows, int64_t shards) {
  std::vector<int64_t> offsets;
  for (int64_t s = 0; s <= shards; ++s) offsets.push_back(s * rows / shards);
  return offsets;
}

// The instruction sets that this processor runs.
inline std::vector<Isa> runnable_isas() {
  std::vector<Isa> isas;
  for (Isa isa : {Isa::x86_64, Isa::avx2, Isa::avx512})
    if (isa <= detected_isa()) isas.push_back(isa);
  return isas;
}

class GemmOnIsa : public ::testing::TestWithParam<Isa> {
 protected:
  Isa isa() const { return GetParam(); }
  const cpu::GemmKernels& kernels() const { return cpu::gemm_kernels(isa()); }
};
inline std::string isa_suffix(const ::testing::TestParamInfo<Isa>& info) {
  return std::string(name_of(info.param));
}

}  // namespace tutti::gemm_test
