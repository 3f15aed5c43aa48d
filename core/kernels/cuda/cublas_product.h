// C = A B, each side transposed or not, over groups of rows, by cuBLASLt. The library may give a
// row other bits in a product of another shape, so the algorithm is chosen for the shape of one
// group alone, and groups of one size run as one batch of it.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "core/base/dtype.h"

namespace tutti::cuda {

enum class ProductEpilogue { none, bias, relu, bias_relu };

struct ProductShape {
  int64_t m = 0, n = 0, k = 0;  // of one group: C[m, n]
  bool transpose_a = false, transpose_b = false;
  bool each_b = false;       // a B for each group, side by side; else one for all
  DType dtype = DType::f32;  // or f64
  int64_t groups = 1;        // that the algorithm is chosen for: the job's
  int64_t owned = 1;         // that run, side by side in A and C
  // Bytes that the address of a group of A, B and C is a multiple of.
  uint32_t a_alignment = 4, b_alignment = 4, c_alignment = 4;
  ProductEpilogue epilogue = ProductEpilogue::none;
};

// What a group of so many bytes makes of the alignment of arrays that begin at 16 bytes or more.
inline uint32_t group_alignment(int64_t bytes) {
  return static_cast<uint32_t>(std::min<int64_t>(bytes & -bytes, 16));
}

class CublasProduct {
 public:
  // Null if the library has no algorithm, which for `none` is an error.
  static std::unique_ptr<CublasProduct> make(const ProductShape& shape);
  ~CublasProduct();

  static constexpr size_t kWorkspaceAlignment = 256;  // that the library asks for
  static size_t aligned(size_t bytes) {
    return (bytes + kWorkspaceAlignment - 1) / kWorkspaceAlignment * kWorkspaceAlignment;
  }
  static void* aligned(void* workspace) {
    return reinterpret_cast<void*>(aligned(reinterpret_cast<size_t>(workspace)));
  }

  size_t workspace_bytes() const;
  // `workspace` is aligned, `bias` [n] where the epilogue has one.
  void run(cudaStream_t stream, const void* a, const void* b, const void* bias, void* c,
           void* workspace) const;

 private:
  struct Plan;
  explicit CublasProduct(std::unique_ptr<Plan> plan);
  std::unique_ptr<Plan> plan_;
};

}  // namespace tutti::cuda
