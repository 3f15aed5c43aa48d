// reduce_sum, reduce_max, reduce_min. A value is seen as [outer, reduced, inner].
#include "core/ops/reduce.h"

#include "core/base/error.h"
#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/partials.h"
#include "core/kernels/cuda/row_kernels.h"

namespace tutti::cuda {
namespace {

Reduction reduction_of(const KernelRequest& request) {
  return static_cast<const ReduceOp&>(*request.op).reduction();
}

// Over the rows of a row value: [rows, inner] -> partial [inner].
template <typename T>
class CudaReduceRowsKernel final : public Kernel {
 public:
  explicit CudaReduceRowsKernel(const KernelRequest& request)
      : shards_(ShardTable::of_rows(request, 1)),
        columns_(request.inputs[0].shape.elements_per_row()) {}
  void run(const KernelCall& call, int64_t) const override {
    column_sums(stream_of(call.stream), shards_.sums(), columns_,
                static_cast<const T*>(call.inputs[0]), static_cast<T*>(call.outputs[0]));
    check_launch("reduce_sum");
  }

 private:
  ShardTable shards_;
  int64_t columns_;
};

template <typename T>
class CudaReduceAxisKernel final : public Kernel {
 public:
  explicit CudaReduceAxisKernel(const KernelRequest& request)
      : reduction_(reduction_of(request)), copies_(request) {
    const auto& op = static_cast<const ReduceOp&>(*request.op);
    const Shape& shape = request.inputs[0].shape;
    for (int axis = 0; axis < shape.rank(); ++axis)
      (axis < op.begin() ? outer_ : axis < op.end() ? reduced_ : inner_) *= shape[axis];
  }
  void run(const KernelCall& call, int64_t) const override {
    for (int64_t copy = 0; copy < copies_.count(); ++copy) {
      const T* x = copies_.input<T>(call, 0, copy);
      T* y = copies_.output<T>(call, 0, copy);
      if (inner_ == 1)
        reduce_rows(stream_of(call.stream), static_cast<RowReduction>(reduction_), outer_, reduced_,
                    x, y);
      else
        reduce_middle(stream_of(call.stream), static_cast<AxisReduction>(reduction_), outer_,
                      reduced_, inner_, x, y);
      check_launch("reduce");
    }
  }

 private:
  static_assert(static_cast<int>(Reduction::max) == static_cast<int>(RowReduction::largest) &&
                static_cast<int>(Reduction::min) == static_cast<int>(RowReduction::smallest) &&
                static_cast<int>(Reduction::max) == static_cast<int>(AxisReduction::largest) &&
                static_cast<int>(Reduction::min) == static_cast<int>(AxisReduction::smallest));

  Reduction reduction_;
  RootCopies copies_;
  int64_t outer_ = 1, reduced_ = 1, inner_ = 1;
};

template <typename T>
std::unique_ptr<Kernel> make_reduce_of(const KernelRequest& request) {
  if (request.inputs[0].kind == ValueKind::row && request.outputs[0].kind == ValueKind::partial)
    return std::make_unique<CudaReduceRowsKernel<T>>(request);
  return std::make_unique<CudaReduceAxisKernel<T>>(request);
}

std::unique_ptr<Kernel> make_reduce_kernel(const KernelRequest& request) {
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
           "no cuda kernel for {}; cast it to float32 or int64", name_of(request.inputs[0].dtype));
  }
}

TUTTI_KERNEL("reduce_sum", DeviceKind::cuda, make_reduce_kernel);
TUTTI_KERNEL("reduce_max", DeviceKind::cuda, make_reduce_kernel);
TUTTI_KERNEL("reduce_min", DeviceKind::cuda, make_reduce_kernel);

}  // namespace
}  // namespace tutti::cuda
