// The kernel slots over the last axis: softmax, cross-entropy, argmax, take_along, one_hot.
#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/graph/kernel.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/row_kernels.h"
#include "core/ops/one_hot.h"

namespace tutti::cuda {
namespace {

// A value as the matrix [rows, columns] of its last axis.
struct RowMatrix {
  int64_t rows = 0, columns = 1;
  explicit RowMatrix(const Shape& shape) : columns(shape[-1]) {
    rows = columns == 0 ? 0 : shape.elements() / columns;
  }
};

template <typename T>
class CudaSoftmaxKernel final : public Kernel {
 public:
  explicit CudaSoftmaxKernel(const KernelRequest& request)
      : logarithm_(request.op->name() == "log_softmax"), x_(request.inputs[0].shape) {}
  void run(const KernelCall& call, int64_t) const override {
    softmax(stream_of(call.stream), logarithm_, x_.rows, x_.columns,
            static_cast<const T*>(call.inputs[0]), static_cast<T*>(call.outputs[0]));
    check_launch("softmax");
  }

 private:
  bool logarithm_;
  RowMatrix x_;
};

// The target of a cross-entropy: labels, or weights of the classes.
template <typename T>
struct Target {
  const int64_t* labels = nullptr;
  const T* weights = nullptr;
  Target(bool sparse, const void* target) {
    if (sparse)
      labels = static_cast<const int64_t*>(target);
    else
      weights = static_cast<const T*>(target);
  }
};

template <typename T>
class CudaCrossEntropyKernel final : public Kernel {
 public:
  explicit CudaCrossEntropyKernel(const KernelRequest& request)
      : sparse_(request.inputs[1].dtype == DType::i64), x_(request.inputs[0].shape) {}
  void run(const KernelCall& call, int64_t) const override {
    const Target<T> target(sparse_, call.inputs[1]);
    cross_entropy(stream_of(call.stream), x_.rows, x_.columns,
                  static_cast<const T*>(call.inputs[0]), target.labels, target.weights,
                  static_cast<T*>(call.outputs[0]), static_cast<T*>(call.outputs[1]));
    check_launch("softmax_cross_entropy");
  }

 private:
  bool sparse_;
  RowMatrix x_;
};

template <typename T>
class CudaCrossEntropyGradientKernel final : public Kernel {
 public:
  explicit CudaCrossEntropyGradientKernel(const KernelRequest& request)
      : sparse_(request.inputs[1].dtype == DType::i64), x_(request.inputs[0].shape) {}
  void run(const KernelCall& call, int64_t) const override {
    const Target<T> target(sparse_, call.inputs[1]);
    cross_entropy_gradient(stream_of(call.stream), x_.rows, x_.columns,
                           static_cast<const T*>(call.inputs[0]), target.labels, target.weights,
                           static_cast<const T*>(call.inputs[2]), static_cast<T*>(call.outputs[0]));
    check_launch("softmax_cross_entropy_gradient");
  }

 private:
  bool sparse_;
  RowMatrix x_;
};

template <typename T>
class CudaArgReduceKernel final : public Kernel {
 public:
  explicit CudaArgReduceKernel(const KernelRequest& request)
      : largest_(request.op->name() == "argmax"), x_(request.inputs[0].shape) {}
  void run(const KernelCall& call, int64_t) const override {
    arg_reduce(stream_of(call.stream), largest_, x_.rows, x_.columns,
               static_cast<const T*>(call.inputs[0]), static_cast<int64_t*>(call.outputs[0]));
    check_launch("argmax");
  }

 private:
  bool largest_;
  RowMatrix x_;
};

template <typename T>
class CudaTakeAlongKernel final : public Kernel {
 public:
  explicit CudaTakeAlongKernel(const KernelRequest& request) : x_(request.inputs[0].shape) {}
  void run(const KernelCall& call, int64_t) const override {
    take_along(stream_of(call.stream), x_.rows, x_.columns, static_cast<const T*>(call.inputs[0]),
               static_cast<const int64_t*>(call.inputs[1]), static_cast<T*>(call.outputs[0]));
    check_launch("take_along");
  }

 private:
  RowMatrix x_;
};

class CudaOneHotKernel final : public Kernel {
 public:
  explicit CudaOneHotKernel(const KernelRequest& request)
      : classes_(static_cast<const OneHotOp&>(*request.op).classes()),
        rows_(request.inputs[0].shape.elements()) {}
  void run(const KernelCall& call, int64_t) const override {
    one_hot(stream_of(call.stream), rows_, classes_, static_cast<const int64_t*>(call.inputs[0]),
            static_cast<float*>(call.outputs[0]));
    check_launch("one_hot");
  }

 private:
  int64_t classes_, rows_;
};

TUTTI_KERNEL("softmax", DeviceKind::cuda, make_floating<CudaSoftmaxKernel>);
TUTTI_KERNEL("log_softmax", DeviceKind::cuda, make_floating<CudaSoftmaxKernel>);
TUTTI_KERNEL("softmax_cross_entropy", DeviceKind::cuda, make_floating<CudaCrossEntropyKernel>);
TUTTI_KERNEL("softmax_cross_entropy_gradient", DeviceKind::cuda,
             make_floating<CudaCrossEntropyGradientKernel>);
TUTTI_KERNEL("argmax", DeviceKind::cuda, make_floating<CudaArgReduceKernel>);
TUTTI_KERNEL("argmin", DeviceKind::cuda, make_floating<CudaArgReduceKernel>);
TUTTI_KERNEL("take_along", DeviceKind::cuda, make_floating<CudaTakeAlongKernel>);
TUTTI_KERNEL("one_hot", DeviceKind::cuda, make_one<CudaOneHotKernel>);

}  // namespace
}  // namespace tutti::cuda
