// batch_matmul on CUDA, by cuBLASLt. Its algorithm is chosen for a number of products that the
// rows do not decide, so that a row's bits do not depend on how many there are.
#include "core/ops/batch_matmul.h"

#include <algorithm>
#include <vector>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/cublas_product.h"
#include "core/kernels/cuda/make_forms.h"

namespace tutti::cuda {
namespace {

constexpr int64_t kChosenRows = 32;         // of the batch, that algorithms are chosen for
constexpr int64_t kMostProducts = 1 << 14;  // of one call: a launch's grid is bounded

template <typename T>
class CudaBatchMatmulKernel final : public Kernel {
 public:
  explicit CudaBatchMatmulKernel(const KernelRequest& request) {
    const auto& op = static_cast<const BatchMatmulOp&>(*request.op);
    const Shape &a = request.inputs[0].shape, &y = request.outputs[0].shape;
    const bool of_rows = request.inputs[0].kind == ValueKind::row;
    shape_.m = y[-2], shape_.n = y[-1], shape_.k = a[op.transpose_a() ? -2 : -1];
    shape_.transpose_a = op.transpose_a(), shape_.transpose_b = op.transpose_b();
    shape_.each_b = true;
    shape_.dtype = dtype_of<T>;
    int64_t of_a_row = 1;
    for (int axis = 1; axis < y.rank() - 2; ++axis) of_a_row *= y[axis];
    const int64_t products = y[0] * of_a_row;
    elements_ = products * shape_.m * shape_.n;
    if (elements_ == 0 || shape_.k == 0) return;
    shape_.groups = std::min(of_rows ? kChosenRows * of_a_row : products, kMostProducts);
    set_alignment(of_rows);
    for (int64_t first = 0; first < products; first += kMostProducts) {
      ProductShape piece = shape_;
      piece.owned = std::min(products - first, kMostProducts);
      if (pieces_.empty() || piece.owned < kMostProducts)
        pieces_.push_back(CublasProduct::make(piece));
      calls_.push_back({first, pieces_.size() - 1});
    }
  }

  size_t workspace_bytes() const override {
    size_t bytes = 0;
    for (const auto& piece : pieces_) bytes = std::max(bytes, piece->workspace_bytes());
    return bytes == 0 ? 0 : bytes + CublasProduct::kWorkspaceAlignment;
  }

  void run(const KernelCall& call, int64_t) const override {
    const cudaStream_t stream = stream_of(call.stream);
    const T* a = static_cast<const T*>(call.inputs[0]);
    const T* b = static_cast<const T*>(call.inputs[1]);
    T* y = static_cast<T*>(call.outputs[0]);
    if (shape_.k == 0 && elements_ > 0)
      check(cudaMemsetAsync(y, 0, static_cast<size_t>(elements_) * sizeof(T), stream),
            "batch_matmul");
    for (const auto& [first, piece] : calls_)
      pieces_[piece]->run(stream, a + first * shape_.m * shape_.k, b + first * shape_.k * shape_.n,
                          nullptr, y + first * shape_.m * shape_.n,
                          CublasProduct::aligned(call.workspace));
  }

 private:
  struct Call {
    int64_t first;  // product
    size_t piece;
  };

  // Values that are same may lie anywhere: weights do.
  void set_alignment(bool of_rows) {
    const auto size = static_cast<int64_t>(sizeof(T));
    const auto of = [&](int64_t elements) {
      return group_alignment(of_rows ? elements * size : size);
    };
    shape_.a_alignment = of(shape_.m * shape_.k);
    shape_.b_alignment = of(shape_.k * shape_.n);
    shape_.c_alignment = of(shape_.m * shape_.n);
  }

  ProductShape shape_;
  int64_t elements_ = 0;  // of the result
  std::vector<std::unique_ptr<CublasProduct>> pieces_;
  std::vector<Call> calls_;
};

TUTTI_KERNEL("batch_matmul", DeviceKind::cuda, make_floating<CudaBatchMatmulKernel>);

}  // namespace
}  // namespace tutti::cuda
