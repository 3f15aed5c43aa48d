// batch_matmul on CPU: small products, each by one thread.
#include "core/ops/batch_matmul.h"

#include <algorithm>
#include <vector>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/gemm_dispatch.h"

namespace tutti::cpu {
namespace {

template <typename T>
class BatchMatmulKernel final : public Kernel {
 public:
  explicit BatchMatmulKernel(const KernelRequest& request)
      : op_(static_cast<const BatchMatmulOp&>(*request.op)) {
    const Shape &a = request.inputs[0].shape, &y = request.outputs[0].shape;
    m_ = y[-2], n_ = y[-1], k_ = a[op_.transpose_a() ? -2 : -1];
    for (int axis = 0; axis < y.rank() - 2; ++axis) count_ *= y[axis];
    step_ = std::max<int64_t>(1, kTileWork / std::max<int64_t>(1, m_ * n_ * k_));
    if constexpr (std::is_same_v<T, double>)
      functions_ = &gemm_kernels().f64;
    else
      functions_ = &gemm_kernels().f32;
  }

  int64_t tiles() const override { return (count_ + step_ - 1) / step_; }
  // B transposed, where both sides are.
  size_t workspace_bytes() const override {
    return op_.transpose_a() && op_.transpose_b()
               ? static_cast<size_t>(tiles() * k_ * n_) * sizeof(T)
               : 0;
  }

  void run(const KernelCall& call, int64_t tile) const override {
    for (int64_t i = tile * step_; i < std::min((tile + 1) * step_, count_); ++i) {
      const T* a = static_cast<const T*>(call.inputs[0]) + i * m_ * k_;
      const T* b = static_cast<const T*>(call.inputs[1]) + i * k_ * n_;
      T* y = static_cast<T*>(call.outputs[0]) + i * m_ * n_;
      if (!op_.transpose_a()) {
        if (op_.transpose_b())
          functions_->nt(m_, n_, k_, a, k_, b, k_, y, n_);
        else
          functions_->nn(m_, n_, k_, a, k_, b, n_, y, n_);
        continue;
      }
      if (op_.transpose_b()) b = transposed(b, static_cast<T*>(call.workspace) + tile * k_ * n_);
      const int64_t offsets[] = {0, k_};
      const ShardRoot<T> root{offsets, 1, y, n_};
      functions_->tn(0, m_, 0, n_, a, m_, b, n_, &root, 1);
    }
  }

 private:
  static constexpr int64_t kTileWork = 64 * 1024;  // multiply-adds worth another thread

  const T* transposed(const T* b, T* to) const {
    for (int64_t j = 0; j < n_; ++j)
      for (int64_t p = 0; p < k_; ++p) to[p * n_ + j] = b[j * k_ + p];
    return to;
  }

  BatchMatmulOp op_;
  int64_t m_ = 0, n_ = 0, k_ = 0, count_ = 1, step_ = 1;
  const GemmFunctions<T>* functions_ = nullptr;
};

std::unique_ptr<Kernel> make_batch_matmul(const KernelRequest& request) {
  return make_floating<BatchMatmulKernel>("batch_matmul", request);
}

TUTTI_KERNEL("batch_matmul", DeviceKind::cpu, make_batch_matmul);

}  // namespace
}  // namespace tutti::cpu
