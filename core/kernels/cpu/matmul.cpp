// matmul on CPU. Row-wise products and weight gradients are ours in every shape: one chain per
// element, so neither tiles nor neighbours change a bit (simd/gemm_kernels.h).
#include "core/ops/matmul.h"

#include <algorithm>

#include "core/kernels/cpu/gemm_dispatch.h"
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

// C = A B or A B^T, once per root of a partial side.
template <typename T>
class MatmulProductKernel final : public Kernel {
 public:
  explicit MatmulProductKernel(const KernelRequest& request)
      : s_(MatmulShape::of(request)),
        copies_(copies_of(request)),
        tiles_(gemm_tiles(s_.m, s_.n, s_.k)),
        multiply_(s_.transpose_b ? gemm_functions<T>().nt : gemm_functions<T>().nn) {}

  int64_t tiles() const override { return copies_.count * tiles_.count(); }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t copy = tile / tiles_.count(), at = tile % tiles_.count();
    const int64_t i = at / tiles_.across * tiles_.rows, j = at % tiles_.across * tiles_.columns;
    const T* a = static_cast<const T*>(call.inputs[0]) + copy * copies_.input_stride[0];
    const T* b = static_cast<const T*>(call.inputs[1]) + copy * copies_.input_stride[1];
    T* c = static_cast<T*>(call.outputs[0]) + copy * copies_.output_stride;
    multiply_(std::min(tiles_.rows, s_.m - i), std::min(tiles_.columns, s_.n - j), s_.k,
              a + i * s_.k, s_.k, b + (s_.transpose_b ? j * s_.k : j), s_.transpose_b ? s_.k : s_.n,
              c + i * s_.n + j, s_.n);
  }

 private:
  MatmulShape s_;
  Copies copies_;
  GemmTiles tiles_;
  decltype(GemmFunctions<T>::nn) multiply_;
};

// C = A B where several tiles share columns of B: B is packed once, then multiplied.
class MatmulPackedKernel final : public Kernel {
 public:
  explicit MatmulPackedKernel(const KernelRequest& request)
      : s_(MatmulShape::of(request)),
        kernels_(gemm_kernels()),
        tiles_(gemm_tiles(s_.m, s_.n, s_.k)),
        panels_((s_.n + kernels_.panel_width - 1) / kernels_.panel_width) {}

  // Packing pays when it is done less often than before.
  static bool serves(const KernelRequest& request) {
    const MatmulShape s = MatmulShape::of(request);
    const Copies copies = copies_of(request);
    return copies.count == 1 && s.k > 0 && gemm_tiles(s.m, s.n, s.k).down > 1;
  }

  int64_t phases() const override { return 2; }
  int64_t tiles_of(int64_t phase) const override {
    return phase == 0 ? (panels_ + kPanelsPerTile - 1) / kPanelsPerTile : tiles_.count();
  }
  size_t workspace_bytes() const override {
    return static_cast<size_t>(gemm_packed_size(kernels_, s_.n, s_.k)) * sizeof(float);
  }

  void run(const KernelCall& call, int64_t tile) const override {
    float* packed = static_cast<float*>(call.workspace);
    if (call.phase == 0) {
      const auto pack = s_.transpose_b ? kernels_.pack_nt : kernels_.pack_nn;
      const int64_t p0 = tile * kPanelsPerTile;
      pack(s_.k, s_.n, static_cast<const float*>(call.inputs[1]), s_.transpose_b ? s_.k : s_.n, p0,
           std::min(p0 + kPanelsPerTile, panels_), packed);
      return;
    }
    const int64_t i = tile / tiles_.across * tiles_.rows, j = tile % tiles_.across * tiles_.columns;
    const int64_t width = kernels_.panel_width;
    kernels_.packed(std::min(tiles_.rows, s_.m - i), s_.n, s_.k,
                    static_cast<const float*>(call.inputs[0]) + i * s_.k, s_.k, packed, j / width,
                    (std::min(j + tiles_.columns, s_.n) + width - 1) / width,
                    static_cast<float*>(call.outputs[0]) + i * s_.n, s_.n);
  }

 private:
  static constexpr int64_t kPanelsPerTile = 4;

  MatmulShape s_;
  const GemmKernels& kernels_;
  GemmTiles tiles_;
  int64_t panels_;
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
  if constexpr (std::is_same_v<T, float>)
    if (MatmulPackedKernel::serves(request)) return std::make_unique<MatmulPackedKernel>(request);
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
