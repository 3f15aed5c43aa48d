// reduce_sum, reduce_max, reduce_min on CPU. A value is seen as [outer, reduced, inner].
#include "core/ops/reduce.h"

#include <type_traits>

#include "core/kernels/cpu/gemm_dispatch.h"
#include "core/kernels/cpu/row_dispatch.h"
#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {
namespace {

struct ReduceShape {
  int64_t outer = 1, reduced = 1, inner = 1;

  static ReduceShape of(const KernelRequest& request) {
    const auto& op = static_cast<const ReduceOp&>(*request.op);
    const Shape& shape = request.inputs[0].shape;
    ReduceShape s;
    for (int axis = 0; axis < shape.rank(); ++axis)
      (axis < op.begin() ? s.outer : axis < op.end() ? s.reduced : s.inner) *= shape[axis];
    return s;
  }
};

template <typename T>
T combine(Reduction reduction, T a, T b) {
  switch (reduction) {
    case Reduction::sum:
      return a + b;
    case Reduction::max:
      return a > b || a != a ? a : b;
    case Reduction::min:
      break;
  }
  return a < b || a != a ? a : b;
}

// Sums down the columns, a chain per column and root; integers add in any order.
template <typename T>
void sum_columns(int64_t j0, int64_t j1, const T* x, int64_t ld, const ShardRoot<T>* roots,
                 int64_t root_count) {
  if constexpr (std::is_same_v<T, float>) {
    gemm_kernels().f32.column_sums(j0, j1, x, ld, roots, root_count);
  } else if constexpr (std::is_same_v<T, double>) {
    gemm_kernels().f64.column_sums(j0, j1, x, ld, roots, root_count);
  } else {
    for (int64_t r = 0; r < root_count; ++r)
      for (int64_t j = j0; j < j1; ++j) {
        T sum = 0;
        for (int64_t i = roots[r].offsets[0]; i < roots[r].offsets[roots[r].shards]; ++i)
          sum += x[i * ld + j];
        roots[r].out[j] = sum;
      }
  }
}

// Over the rows of a row value: [rows, inner] -> partial [inner].
template <typename T>
class ReduceRowsKernel final : public Kernel {
 public:
  explicit ReduceRowsKernel(const KernelRequest& request)
      : roots_(SumRoots::of_rows(request, 1)),
        inner_(request.inputs[0].shape.elements_per_row()),
        step_(columns_of_tile(roots_.rows(), inner_)) {}
  int64_t tiles() const override { return std::max<int64_t>(1, (inner_ + step_ - 1) / step_); }
  void run(const KernelCall& call, int64_t tile) const override {
    ShardRoot<T> roots[SumRoots::kMost];
    roots_.place(static_cast<T*>(call.outputs[0]), inner_, roots);
    const int64_t begin = tile * step_, end = std::min(begin + step_, inner_);
    sum_columns(begin, end, static_cast<const T*>(call.inputs[0]), inner_, roots, roots_.count());
  }

 private:
  static int64_t columns_of_tile(int64_t rows, int64_t inner) {
    const int64_t step = 32768 / std::max<int64_t>(rows, 1) / 64 * 64;
    return std::min(std::max<int64_t>(step, 64), std::max<int64_t>(inner, 1));
  }

  SumRoots roots_;
  int64_t inner_, step_;
};

// Along the last axes: [rows, n] -> [rows].
template <typename T>
class ReduceInnerKernel final : public Kernel {
 public:
  ReduceInnerKernel(const KernelRequest& request, int64_t rows, int64_t n)
      : reduction_(static_cast<const ReduceOp&>(*request.op).reduction()),
        copies_(copies_of(request)),
        n_(n),
        tiles_(rows, n) {}
  int64_t tiles() const override { return copies_.count * tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t copy = tile / tiles_.count, at = tile % tiles_.count;
    const T* x = static_cast<const T*>(call.inputs[0]) + copy * copies_.input_stride[0];
    T* y = static_cast<T*>(call.outputs[0]) + copy * copies_.output_stride;
    reduce(tiles_.length(at), x + tiles_.begin(at) * n_, y + tiles_.begin(at));
  }

 private:
  void reduce(int64_t rows, const T* x, T* y) const {
    if constexpr (std::is_floating_point_v<T>) {
      const auto& functions = row_functions<T>();
      (reduction_ == Reduction::sum   ? functions.sum
       : reduction_ == Reduction::max ? functions.largest
                                      : functions.smallest)(rows, n_, x, y);
    } else {
      for (int64_t r = 0; r < rows; ++r, x += n_) {
        T result = reduction_ == Reduction::sum ? T(0) : x[0];
        for (int64_t i = 0; i < n_; ++i) result = combine(reduction_, result, x[i]);
        y[r] = result;
      }
    }
  }

  Reduction reduction_;
  Copies copies_;
  int64_t n_;
  RowTiles tiles_;
};

// Down a middle axis: [outer, reduced, inner] -> [outer, inner], a chain per element.
template <typename T>
class ReduceMiddleKernel final : public Kernel {
 public:
  ReduceMiddleKernel(const KernelRequest& request, const ReduceShape& s)
      : reduction_(static_cast<const ReduceOp&>(*request.op).reduction()),
        copies_(copies_of(request)),
        s_(s),
        whole_(SumRoots::of_whole(s.reduced)),
        tiles_(s.outer, s.reduced * s.inner) {}
  int64_t tiles() const override { return copies_.count * tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t copy = tile / tiles_.count, at = tile % tiles_.count;
    const T* x = static_cast<const T*>(call.inputs[0]) + copy * copies_.input_stride[0];
    T* y = static_cast<T*>(call.outputs[0]) + copy * copies_.output_stride;
    for (int64_t o = tiles_.begin(at); o < tiles_.begin(at) + tiles_.length(at); ++o)
      reduce(x + o * s_.reduced * s_.inner, y + o * s_.inner);
  }

 private:
  void reduce(const T* x, T* y) const {
    if (reduction_ == Reduction::sum) {
      ShardRoot<T> root;
      whole_.place(y, s_.inner, &root);
      return sum_columns<T>(0, s_.inner, x, s_.inner, &root, 1);
    }
    std::copy(x, x + s_.inner, y);
    for (int64_t i = 1; i < s_.reduced; ++i)
      for (int64_t j = 0; j < s_.inner; ++j) y[j] = combine(reduction_, y[j], x[i * s_.inner + j]);
  }

  Reduction reduction_;
  Copies copies_;
  ReduceShape s_;
  SumRoots whole_;
  RowTiles tiles_;
};

template <typename T>
std::unique_ptr<Kernel> make_reduce_of(const KernelRequest& request) {
  if (request.inputs[0].kind == ValueKind::row && request.outputs[0].kind == ValueKind::partial)
    return std::make_unique<ReduceRowsKernel<T>>(request);
  const ReduceShape s = ReduceShape::of(request);
  if (s.inner == 1) return std::make_unique<ReduceInnerKernel<T>>(request, s.outer, s.reduced);
  return std::make_unique<ReduceMiddleKernel<T>>(request, s);
}

std::unique_ptr<Kernel> make_reduce(const KernelRequest& request) {
  switch (request.inputs[0].dtype) {
    case DType::f32:
      return make_reduce_of<float>(request);
    case DType::f64:
      return make_reduce_of<double>(request);
    case DType::i64:
      return make_reduce_of<int64_t>(request);
    case DType::i32:
      return make_reduce_of<int32_t>(request);
    default:
      fail(ExitCode::missing, request.op->name(),
           "no CPU kernel for {}; cast it to float32 or int64", name_of(request.inputs[0].dtype));
  }
}

TUTTI_KERNEL("reduce_sum", DeviceKind::cpu, make_reduce);
TUTTI_KERNEL("reduce_max", DeviceKind::cpu, make_reduce);
TUTTI_KERNEL("reduce_min", DeviceKind::cpu, make_reduce);

}  // namespace
}  // namespace tutti::cpu
