// matmul on CPU. Row-wise products and weight gradients are ours in every shape: one chain per
// element, so neither tiles nor neighbours change a bit (simd/gemm_kernels.h).
#include "core/ops/matmul.h"

#include <algorithm>

#include "core/kernels/cpu/fused.h"
#include "core/kernels/cpu/gemm_dispatch.h"
#include "core/kernels/cpu/onednn_matmul.h"
#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {
namespace {

template <typename T>
const GemmFunctions<T>& gemm_functions() {
  if constexpr (std::is_same_v<T, double>)
    return gemm_kernels().f64;
  else
    return gemm_kernels().f32;
}

// The matrices that the shapes stand for.
struct MatmulShape {
  int64_t m = 0, n = 0, k = 0;  // C[m,n] over k
  bool transpose_b = false;

  static MatmulShape of(const KernelRequest& request) {
    const auto& op = static_cast<const MatmulOp&>(*request.op);
    const Shape &a = request.inputs[0].shape, &b = request.inputs[1].shape;
    MatmulShape s;
    s.transpose_b = op.transpose_b();
    const int64_t columns = a[-1];
    int64_t rows = 1;
    for (int axis = 0; axis + 1 < a.rank(); ++axis) rows *= a[axis];
    s.m = op.transpose_a() ? columns : rows;
    s.k = op.transpose_a() ? rows : columns;
    s.n = op.transpose_b() ? b[0] : b[-1];
    return s;
  }
};

// What follows the product on each tile. Without an epilogue the product is the output. With one it
// is made in an output of its own dtype, or in the workspace if there is none, and is the program's
// input 0.
class MatmulEpilogue {
 public:
  MatmulEpilogue(const KernelRequest& request, int64_t n) : n_(n) {
    const auto& program = static_cast<const MatmulOp&>(*request.op).epilogue();
    if (!program) return;
    runner_ = std::make_unique<ProgramRunner>(*program);
    further_ = request.inputs.size() - 2;
    if (further_ + 1 > kMost)
      fail(ExitCode::internal, "matmul", "an epilogue of {} inputs is too long; fuse fewer",
           further_);
    const DType dtype = request.inputs[0].dtype;
    place_ = request.outputs.size();
    for (size_t i = request.outputs.size(); i-- > 0;)
      if (request.outputs[i].dtype == dtype) place_ = i;
    if (place_ == request.outputs.size())
      bytes_ = static_cast<size_t>(request.outputs[0].shape.elements()) * size_of(dtype);
  }

  size_t workspace_bytes() const { return bytes_; }
  // `workspace` is this epilogue's part of the kernel's.
  void* product(const KernelCall& call, void* workspace) const {
    return bytes_ > 0 ? workspace : call.outputs[place_];
  }
  void run(const KernelCall& call, const void* product, int64_t row, int64_t row_end,
           int64_t column, int64_t column_end) const {
    if (!runner_) return;
    const void* inputs[kMost];
    inputs[0] = product;
    std::copy(call.inputs + 2, call.inputs + 2 + further_, inputs + 1);
    if (runner_->columns() == n_)
      return runner_->run(inputs, call.outputs, row, row_end, column, column_end);
    if (column == 0 && column_end == n_)
      return runner_->run(inputs, call.outputs, row * n_, row_end * n_);
    for (; row < row_end; ++row)  // a flat program on part of the columns
      runner_->run(inputs, call.outputs, row * n_ + column, row * n_ + column_end);
  }

 private:
  static constexpr size_t kMost = 128;

  int64_t n_;
  std::unique_ptr<ProgramRunner> runner_;
  size_t further_ = 0, place_ = 0, bytes_ = 0;
};

// C = A B or A B^T, once per root of a partial side.
template <typename T>
class MatmulProductKernel final : public Kernel {
 public:
  explicit MatmulProductKernel(const KernelRequest& request)
      : s_(MatmulShape::of(request)),
        copies_(copies_of(request)),
        tiles_(gemm_tiles(s_.m, s_.n, s_.k)),
        epilogue_(request, s_.n),
        multiply_(s_.transpose_b ? gemm_functions<T>().nt : gemm_functions<T>().nn) {}

  int64_t tiles() const override { return copies_.count * tiles_.count(); }
  size_t workspace_bytes() const override { return epilogue_.workspace_bytes(); }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t copy = tile / tiles_.count(), at = tile % tiles_.count();
    const int64_t i = at / tiles_.across * tiles_.rows, j = at % tiles_.across * tiles_.columns;
    const T* a = static_cast<const T*>(call.inputs[0]) + copy * copies_.input_stride[0];
    const T* b = static_cast<const T*>(call.inputs[1]) + copy * copies_.input_stride[1];
    T* c = static_cast<T*>(epilogue_.product(call, call.workspace)) + copy * copies_.output_stride;
    const int64_t rows = std::min(tiles_.rows, s_.m - i);
    const int64_t columns = std::min(tiles_.columns, s_.n - j);
    multiply_(rows, columns, s_.k, a + i * s_.k, s_.k, b + (s_.transpose_b ? j * s_.k : j),
              s_.transpose_b ? s_.k : s_.n, c + i * s_.n + j, s_.n);
    epilogue_.run(call, c, i, i + rows, j, j + columns);
  }

 private:
  MatmulShape s_;
  Copies copies_;
  GemmTiles tiles_;
  MatmulEpilogue epilogue_;
  decltype(GemmFunctions<T>::nn) multiply_;
};

// C = A B where several tiles share columns of B: B is packed once, then multiplied.
class MatmulPackedKernel final : public Kernel {
 public:
  explicit MatmulPackedKernel(const KernelRequest& request)
      : s_(MatmulShape::of(request)),
        kernels_(gemm_kernels()),
        tiles_(gemm_tiles(s_.m, s_.n, s_.k)),
        panels_((s_.n + kernels_.panel_width - 1) / kernels_.panel_width),
        epilogue_(request, s_.n) {}

  // Packing pays when it is done less often than before.
  static bool serves(const KernelRequest& request) {
    const MatmulShape s = MatmulShape::of(request);
    return request.outputs[0].kind != ValueKind::partial && s.k > 0 &&
           gemm_tiles(s.m, s.n, s.k).down > 1;
  }

  int64_t phases() const override { return 2; }
  int64_t tiles_of(int64_t phase) const override {
    return phase == 0 ? (panels_ + kPanelsPerTile - 1) / kPanelsPerTile : tiles_.count();
  }
  size_t workspace_bytes() const override { return packed_bytes() + epilogue_.workspace_bytes(); }

  void run(const KernelCall& call, int64_t tile) const override {
    float* packed = static_cast<float*>(call.workspace);
    if (call.phase == 0) {
      const auto pack = s_.transpose_b ? kernels_.pack_nt : kernels_.pack_nn;
      const int64_t p0 = tile * kPanelsPerTile;
      pack(s_.k, s_.n, static_cast<const float*>(call.inputs[1]), s_.transpose_b ? s_.k : s_.n, p0,
           std::min(p0 + kPanelsPerTile, panels_), packed);
      return;
    }
    multiply(call, packed, tile / tiles_.across * tiles_.rows,
             tile % tiles_.across * tiles_.columns);
  }

 private:
  static constexpr int64_t kPanelsPerTile = 4;

  size_t packed_bytes() const {
    const auto floats = static_cast<size_t>(gemm_packed_size(kernels_, s_.n, s_.k));
    return (floats * sizeof(float) + 63) / 64 * 64;
  }

  void multiply(const KernelCall& call, const float* packed, int64_t i, int64_t j) const {
    void* rest = static_cast<std::byte*>(call.workspace) + packed_bytes();
    float* c = static_cast<float*>(epilogue_.product(call, rest));
    const int64_t rows = std::min(tiles_.rows, s_.m - i), width = kernels_.panel_width;
    const int64_t end = std::min(j + tiles_.columns, s_.n);
    kernels_.packed(rows, s_.n, s_.k, static_cast<const float*>(call.inputs[0]) + i * s_.k, s_.k,
                    packed, j / width, (end + width - 1) / width, c + i * s_.n, s_.n);
    epilogue_.run(call, c, i, i + rows, j, end);
  }

  MatmulShape s_;
  const GemmKernels& kernels_;
  GemmTiles tiles_;
  int64_t panels_;
  MatmulEpilogue epilogue_;
};

// Large products by oneDNN: one tile is a group of whole rows.
class MatmulOnednnKernel final : public Kernel {
 public:
  MatmulOnednnKernel(const KernelRequest& request, std::unique_ptr<OnednnMatmul> product)
      : s_(MatmulShape::of(request)), product_(std::move(product)), epilogue_(request, s_.n) {}

  // Null where ours serves. Looks at (n, k) and the kind alone: a row's bits must not depend on m.
  static std::unique_ptr<OnednnMatmul> product_for(const KernelRequest& request) {
    const MatmulShape s = MatmulShape::of(request);
    if (request.outputs[0].kind == ValueKind::partial || !OnednnMatmul::serves(s.n, s.k))
      return nullptr;
    return OnednnMatmul::make(s.n, s.k, s.transpose_b);
  }

  int64_t tiles() const override { return OnednnMatmul::tiles(s_.m); }
  size_t workspace_bytes() const override { return epilogue_.workspace_bytes(); }

  void run(const KernelCall& call, int64_t tile) const override {
    float* c = static_cast<float*>(epilogue_.product(call, call.workspace));
    product_->run(s_.m, tile, static_cast<const float*>(call.inputs[0]),
                  static_cast<const float*>(call.inputs[1]), c);
    const int64_t row = tile * OnednnMatmul::kGroupRows;
    epilogue_.run(call, c, row, std::min(row + OnednnMatmul::kGroupRows, s_.m), 0, s_.n);
  }

 private:
  MatmulShape s_;
  std::unique_ptr<OnednnMatmul> product_;
  MatmulEpilogue epilogue_;
};

// C = A^T B: over the rows of the batch by shards and tree, or over the leading axis of same
// values.
template <typename T>
class MatmulGradientKernel final : public Kernel {
 public:
  explicit MatmulGradientKernel(const KernelRequest& request)
      : s_(MatmulShape::of(request)),
        copies_(copies_of(request)),
        over_rows_(request.inputs[0].kind == ValueKind::row),
        roots_(over_rows_ ? SumRoots::of_rows(request, rows_per_row(request))
                          : SumRoots::of_whole(s_.k)),
        tiles_(gemm_shard_tiles(s_.m, s_.n, s_.k)) {
    if (over_rows_) copies_ = {1, {0, 0}, 0};
  }

  int64_t tiles() const override { return copies_.count * tiles_.count(); }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t copy = tile / tiles_.count(), at = tile % tiles_.count();
    const int64_t i = at / tiles_.across * tiles_.rows, j = at % tiles_.across * tiles_.columns;
    ShardRoot<T> roots[SumRoots::kMost];
    roots_.place(static_cast<T*>(call.outputs[0]) + copy * copies_.output_stride, s_.n, roots);
    gemm_functions<T>().tn(
        i, std::min(i + tiles_.rows, s_.m), j, std::min(j + tiles_.columns, s_.n),
        static_cast<const T*>(call.inputs[0]) + copy * copies_.input_stride[0], s_.m,
        static_cast<const T*>(call.inputs[1]) + copy * copies_.input_stride[1], s_.n, roots,
        roots_.count());
  }

 private:
  static int64_t rows_per_row(const KernelRequest& request) {
    const Shape& a = request.inputs[0].shape;
    int64_t rows = 1;
    for (int axis = 1; axis + 1 < a.rank(); ++axis) rows *= a[axis];
    return rows;
  }

  MatmulShape s_;
  Copies copies_;
  bool over_rows_;
  SumRoots roots_;
  GemmTiles tiles_;
};

template <typename T>
std::unique_ptr<Kernel> make_matmul_of(const KernelRequest& request) {
  if (static_cast<const MatmulOp&>(*request.op).transpose_a())
    return std::make_unique<MatmulGradientKernel<T>>(request);
  if constexpr (std::is_same_v<T, float>) {
    if (auto product = MatmulOnednnKernel::product_for(request))
      return std::make_unique<MatmulOnednnKernel>(request, std::move(product));
    if (MatmulPackedKernel::serves(request)) return std::make_unique<MatmulPackedKernel>(request);
  }
  return std::make_unique<MatmulProductKernel<T>>(request);
}

std::unique_ptr<Kernel> make_matmul(const KernelRequest& request) {
  switch (request.inputs[0].dtype) {
    case DType::f32:
      return make_matmul_of<float>(request);
    case DType::f64:
      return make_matmul_of<double>(request);
    default:
      fail(ExitCode::missing, "matmul", "no CPU kernel for {}; cast both sides to float32",
           name_of(request.inputs[0].dtype));
  }
}

TUTTI_KERNEL("matmul", DeviceKind::cpu, make_matmul);

}  // namespace
}  // namespace tutti::cpu
