// Row-invariant products by oneDNN: C[m,n] = A[m,k] B, B given as [k,n] or, transposed, as [n,k].
//
// oneDNN's products may give a row other bits when m changes. Here every call has one of two fixed
// numbers of dense rows, the last rows padded, so its blocking is a function of (n, k) alone, and
// only primitives whose name is on a list that the tests have split in many ways are accepted. Its
// bits are not those of gemm_kernels.h: which of the two serves a product must never depend on m.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace tutti::cpu {

class OnednnMatmul {
 public:
  static constexpr int64_t kGroupRows = 128;  // rows of a tile
  static constexpr int64_t kPieceRows = 16;   // the last tile goes in pieces of so many

  // Whether oneDNN is the faster: B fills the second-level cache several times over, AVX-512 in
  // use.
  static bool serves(int64_t n, int64_t k);
  // What oneDNN calls the primitives that tests found row-invariant in every split.
  static constexpr std::string_view kTested[] = {"brg:avx512_core"};
  // Null where the primitive that oneDNN offers is not on the list.
  static std::unique_ptr<OnednnMatmul> make(int64_t n, int64_t k, bool transpose_b,
                                            std::span<const std::string_view> tested = kTested);

  ~OnednnMatmul();
  OnednnMatmul(const OnednnMatmul&) = delete;
  OnednnMatmul& operator=(const OnednnMatmul&) = delete;

  static int64_t tiles(int64_t m) { return (m + kGroupRows - 1) / kGroupRows; }
  // Rows of tile t of a product of m rows, on the calling thread alone. Matrices are dense. Any
  // number of threads may run tiles of one object.
  void run(int64_t m, int64_t tile, const float* a, const float* b, float* c) const;

 private:
  struct State;
  explicit OnednnMatmul(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti::cpu
