// matmul on CUDA. Products of rows go to cuBLASLt shard by shard, so that their shapes depend on
// the job alone; sums over rows are a kernel of ours that adds shards in the tree.
#include "core/ops/matmul.h"

#include <algorithm>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/matmul_epilogue.h"
#include "core/kernels/cuda/partials.h"

namespace tutti::cuda {
namespace {

int64_t rows_per_row_of(const Shape& a) {
  int64_t rows = 1;
  for (int axis = 1; axis + 1 < a.rank(); ++axis) rows *= a[axis];
  return rows;
}

template <typename T>
class CudaProductKernel final : public Kernel {
 public:
  explicit CudaProductKernel(const KernelRequest& request) : copies_(request) {
    const auto& op = static_cast<const MatmulOp&>(*request.op);
    const Shape &a = request.inputs[0].shape, &b = request.inputs[1].shape;
    group_.k = a[-1];
    group_.n = op.transpose_b() ? b[0] : b[-1];
    group_.transpose_b = op.transpose_b();
    group_.dtype = dtype_of<T>;
    // Weights lie anywhere in the flat order of parameters.
    group_.a_alignment = group_.b_alignment = group_.c_alignment = sizeof(T);
    rows_ = 1;
    for (int axis = 0; axis + 1 < a.rank(); ++axis) rows_ *= a[axis];
    if (op.epilogue()) group_.epilogue = library_epilogue(*op.epilogue(), group_.n);
    if (empty() || !make_pieces(request)) {
      group_.epilogue = ProductEpilogue::none;
      make_pieces(request);
    }
    if (op.epilogue() && group_.epilogue == ProductEpilogue::none)
      program_ = std::make_unique<MatmulProgram>(*op.epilogue(), request);
    for (const Piece& piece : pieces_)
      library_bytes_ = std::max(library_bytes_, piece.product->workspace_bytes());
    library_bytes_ = CublasProduct::aligned(library_bytes_);
  }

  size_t workspace_bytes() const override {
    const size_t bytes = library_bytes_ + (program_ ? program_->workspace_bytes() : 0);
    return bytes == 0 ? 0 : bytes + CublasProduct::kWorkspaceAlignment;
  }

  void run(const KernelCall& call, int64_t) const override {
    auto* workspace = static_cast<std::byte*>(CublasProduct::aligned(call.workspace));
    void* product =
        program_ ? program_->product(call, workspace + library_bytes_) : call.outputs[0];
    const bool biased =
        group_.epilogue == ProductEpilogue::bias || group_.epilogue == ProductEpilogue::bias_relu;
    const cudaStream_t stream = stream_of(call.stream);
    for (int64_t copy = 0; copy < copies_.count(); ++copy) {
      const T* a = copies_.input<T>(call, 0, copy);
      const T* b = copies_.input<T>(call, 1, copy);
      T* c = static_cast<T*>(product) + copy * copies_.output_stride(0);
      if (group_.k == 0)
        check(cudaMemsetAsync(c, 0, static_cast<size_t>(rows_ * group_.n) * sizeof(T), stream),
              "matmul");
      for (const Piece& piece : pieces_)
        piece.product->run(stream, a + piece.row * group_.k, b, biased ? call.inputs[2] : nullptr,
                           c + piece.row * group_.n, workspace);
    }
    if (program_) program_->run(call, product);
  }

 private:
  struct Piece {
    int64_t row;
    std::unique_ptr<CublasProduct> product;
  };

  bool empty() const { return group_.n == 0 || group_.k == 0 || rows_ == 0; }

  // False if the library does not know the epilogue.
  bool make_pieces(const KernelRequest& request) {
    pieces_.clear();
    if (empty()) return true;
    if (request.inputs[0].kind != ValueKind::row) return add_piece(0, rows_, 1, 1);
    const int64_t each = rows_per_row_of(request.inputs[0].shape);
    const auto size = static_cast<int64_t>(sizeof(T));
    group_.a_alignment = group_alignment(group_.k * size);
    group_.c_alignment = group_alignment(group_.n * size);
    const auto& offsets = request.shard_rows;
    const ShardLayout& layout = request.layout;
    if (layout.batch % layout.shards == 0)
      return add_piece(0, layout.batch / layout.shards * each, layout.shards,
                       static_cast<int64_t>(offsets.size()) - 1);
    for (size_t s = 0; s + 1 < offsets.size(); ++s)
      if (!add_piece(offsets[s] * each, (offsets[s + 1] - offsets[s]) * each, 1, 1)) return false;
    return true;
  }

  bool add_piece(int64_t row, int64_t rows, int64_t groups, int64_t owned) {
    if (rows == 0 || owned == 0) return true;
    ProductShape shape = group_;
    shape.m = rows, shape.groups = groups, shape.owned = owned;
    auto product = CublasProduct::make(shape);
    if (!product) return false;
    pieces_.push_back({row, std::move(product)});
    return true;
  }

  ProductShape group_;
  RootCopies copies_;
  int64_t rows_ = 0;
  std::vector<Piece> pieces_;
  std::unique_ptr<MatmulProgram> program_;
  size_t library_bytes_ = 0;
};

// C = A^T B: over the rows of the batch by shards and tree, or over the leading axes of other
// values.
template <typename T>
class CudaGradientKernel final : public Kernel {
 public:
  explicit CudaGradientKernel(const KernelRequest& request)
      : copies_(request),
        m_(request.inputs[0].shape[-1]),
        n_(request.inputs[1].shape[-1]),
        over_rows_(request.inputs[0].kind == ValueKind::row),
        shards_(over_rows_ ? ShardTable::of_rows(request, rows_per_row_of(request.inputs[0].shape))
                           : ShardTable::of_whole(leading(request.inputs[0].shape))) {}

  void run(const KernelCall& call, int64_t) const override {
    const int64_t copies = over_rows_ ? 1 : copies_.count();
    for (int64_t copy = 0; copy < copies; ++copy) {
      shard_product(stream_of(call.stream), shards_.sums(), m_, n_, copies_.input<T>(call, 0, copy),
                    copies_.input<T>(call, 1, copy), copies_.output<T>(call, 0, copy));
      check_launch("matmul");
    }
  }

 private:
  static int64_t leading(const Shape& a) {
    int64_t rows = 1;
    for (int axis = 0; axis + 1 < a.rank(); ++axis) rows *= a[axis];
    return rows;
  }

  RootCopies copies_;
  int64_t m_, n_;
  bool over_rows_;
  ShardTable shards_;
};

std::unique_ptr<Kernel> make_matmul_kernel(const KernelRequest& request) {
  if (static_cast<const MatmulOp&>(*request.op).transpose_a())
    return make_floating<CudaGradientKernel>(request);
  return make_floating<CudaProductKernel>(request);
}

TUTTI_KERNEL("matmul", DeviceKind::cuda, make_matmul_kernel);

}  // namespace
}  // namespace tutti::cuda
