// The kernel slots of windows over spatial axes: patches, fold, max_pool.
#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/window_kernels.h"
#include "core/ops/patches.h"
#include "core/ops/pooling.h"

namespace tutti::cuda {
namespace {

// `spread`: what windows slide over; `seen` begins with its rows and the windows' positions.
WindowGrid grid_of(const Windows& windows, const Shape& spread, const Shape& seen) {
  WindowGrid grid;
  grid.rows = spread[0], grid.channels = spread[-1];
  const size_t axes = windows.size.size();
  for (size_t i = 0; i < axes; ++i)
    grid.axis[3 - axes + i] = {spread[static_cast<int>(i) + 1],
                               seen[static_cast<int>(i) + 1],
                               windows.size[i],
                               windows.stride[i],
                               windows.dilation[i],
                               windows.before[i]};
  return grid;
}

template <typename T>
class CudaPatchesKernel final : public Kernel {
 public:
  explicit CudaPatchesKernel(const KernelRequest& request)
      : grid_(grid_of(static_cast<const PatchesOp&>(*request.op).windows(), request.inputs[0].shape,
                      request.outputs[0].shape)),
        fill_(static_cast<T>(static_cast<const PatchesOp&>(*request.op).fill())) {}
  void run(const KernelCall& call, int64_t) const override {
    patches(stream_of(call.stream), grid_, fill_, static_cast<const T*>(call.inputs[0]),
            static_cast<T*>(call.outputs[0]));
    check_launch("patches");
  }

 private:
  WindowGrid grid_;
  T fill_;
};

template <typename T>
class CudaFoldKernel final : public Kernel {
 public:
  explicit CudaFoldKernel(const KernelRequest& request)
      : grid_(grid_of(static_cast<const FoldOp&>(*request.op).windows(), request.outputs[0].shape,
                      request.inputs[0].shape)) {}
  void run(const KernelCall& call, int64_t) const override {
    fold(stream_of(call.stream), grid_, static_cast<const T*>(call.inputs[0]),
         static_cast<T*>(call.outputs[0]));
    check_launch("fold");
  }

 private:
  WindowGrid grid_;
};

template <typename T>
class CudaMaxPoolKernel final : public Kernel {
 public:
  explicit CudaMaxPoolKernel(const KernelRequest& request)
      : grid_(grid_of(static_cast<const MaxPoolOp&>(*request.op).windows(), request.inputs[0].shape,
                      request.outputs[0].shape)) {}
  void run(const KernelCall& call, int64_t) const override {
    max_pool(stream_of(call.stream), grid_, static_cast<const T*>(call.inputs[0]),
             static_cast<T*>(call.outputs[0]), static_cast<int32_t*>(call.outputs[1]));
    check_launch("max_pool");
  }

 private:
  WindowGrid grid_;
};

TUTTI_KERNEL("patches", DeviceKind::cuda, make_floating<CudaPatchesKernel>);
TUTTI_KERNEL("fold", DeviceKind::cuda, make_floating<CudaFoldKernel>);
TUTTI_KERNEL("max_pool", DeviceKind::cuda, make_floating<CudaMaxPoolKernel>);

}  // namespace
}  // namespace tutti::cuda
