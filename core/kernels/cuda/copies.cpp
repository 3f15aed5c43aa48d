// The kernel slots that move elements: copy, broadcast_to, transpose, slice, pad, concatenate,
// take.
#include <algorithm>

#include "core/base/error.h"
#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/copy_kernels.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/partials.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/concatenate.h"
#include "core/ops/pad.h"
#include "core/ops/slice.h"
#include "core/ops/take.h"
#include "core/ops/transpose.h"

namespace tutti::cuda {
namespace {

using Strides = std::vector<int64_t>;

Strides row_major(const Shape& shape) {
  Strides strides(static_cast<size_t>(shape.rank()));
  int64_t stride = 1;
  for (int axis = shape.rank(); axis-- > 0;) {
    strides[static_cast<size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  return strides;
}

// Axes of 1 are dropped, axes that lie side by side in both arrays merged.
StridedBox box_of(const Shape& extents, const Strides& in, const Strides& out) {
  StridedBox box;
  for (int axis = 0; axis < extents.rank(); ++axis) {
    const int64_t extent = extents[axis];
    const auto a = static_cast<size_t>(axis);
    box.count *= extent;
    if (extent == 1) continue;
    const int last = box.axes - 1;
    if (last >= 0 && box.in[last] == extent * in[a] && box.out[last] == extent * out[a]) {
      box.extent[last] *= extent, box.in[last] = in[a], box.out[last] = out[a];
      continue;
    }
    if (box.axes == StridedBox::kMostAxes)
      fail(ExitCode::missing, "copy",
           "more than {} axes in another order on cuda; reshape to fewer", StridedBox::kMostAxes);
    box.extent[box.axes] = extent, box.in[box.axes] = in[a], box.out[box.axes] = out[a];
    ++box.axes;
  }
  return box;
}

int64_t offset_of(const Strides& begin, const Strides& strides) {
  int64_t offset = 0;
  for (size_t axis = 0; axis < begin.size(); ++axis) offset += begin[axis] * strides[axis];
  return offset;
}

// A box per input, all in output 0; zeros first where the boxes leave gaps.
class CudaCopyKernel final : public Kernel {
 public:
  CudaCopyKernel(const KernelRequest& request, std::vector<StridedBox> boxes, bool gaps = false)
      : boxes_(std::move(boxes)),
        copies_(request),
        item_(size_of(request.outputs[0].dtype)),
        bytes_(static_cast<size_t>(request.outputs[0].shape.elements()) * item_),
        gaps_(gaps) {}

  void run(const KernelCall& call, int64_t) const override {
    const cudaStream_t stream = stream_of(call.stream);
    const auto size = static_cast<int64_t>(item_);
    for (int64_t copy = 0; copy < copies_.count(); ++copy) {
      auto* out = static_cast<std::byte*>(call.outputs[0]) + copy * copies_.output_stride(0) * size;
      if (gaps_) check(cudaMemsetAsync(out, 0, bytes_, stream), "padding");
      for (size_t i = 0; i < boxes_.size(); ++i) {
        copy_box(
            stream, boxes_[i], item_,
            static_cast<const std::byte*>(call.inputs[i]) + copy * copies_.input_stride(i) * size,
            out);
        check_launch("copying elements");
      }
    }
  }

 private:
  std::vector<StridedBox> boxes_;
  RootCopies copies_;
  size_t item_, bytes_;
  bool gaps_;
};

std::unique_ptr<Kernel> make_copy_kernel(const KernelRequest& request) {
  const Strides strides = row_major(request.inputs[0].shape);
  return std::make_unique<CudaCopyKernel>(
      request, std::vector{box_of(request.inputs[0].shape, strides, strides)});
}

std::unique_ptr<Kernel> make_broadcast_kernel(const KernelRequest& request) {
  const Shape &in = request.inputs[0].shape, &out = request.outputs[0].shape;
  Strides strides(static_cast<size_t>(out.rank() - in.rank()), 0);
  const Strides dense = row_major(in);
  for (int axis = 0; axis < in.rank(); ++axis) {
    const bool repeated = in[axis] == 1 && out[axis + out.rank() - in.rank()] != 1;
    strides.push_back(repeated ? 0 : dense[static_cast<size_t>(axis)]);
  }
  return std::make_unique<CudaCopyKernel>(request,
                                          std::vector{box_of(out, strides, row_major(out))});
}

std::unique_ptr<Kernel> make_transpose_kernel(const KernelRequest& request) {
  const Strides in = row_major(request.inputs[0].shape);
  Strides permuted;
  for (const int axis : static_cast<const TransposeOp&>(*request.op).permutation())
    permuted.push_back(in[static_cast<size_t>(axis)]);
  const Shape& out = request.outputs[0].shape;
  return std::make_unique<CudaCopyKernel>(request,
                                          std::vector{box_of(out, permuted, row_major(out))});
}

std::unique_ptr<Kernel> make_slice_kernel(const KernelRequest& request) {
  const Shape& out = request.outputs[0].shape;
  const Strides in = row_major(request.inputs[0].shape);
  StridedBox box = box_of(out, in, row_major(out));
  box.in_offset = offset_of(static_cast<const SliceOp&>(*request.op).begin(), in);
  return std::make_unique<CudaCopyKernel>(request, std::vector{box});
}

std::unique_ptr<Kernel> make_pad_kernel(const KernelRequest& request) {
  const Shape& in = request.inputs[0].shape;
  const Strides out = row_major(request.outputs[0].shape);
  StridedBox box = box_of(in, row_major(in), out);
  box.out_offset = offset_of(static_cast<const PadOp&>(*request.op).before(), out);
  return std::make_unique<CudaCopyKernel>(request, std::vector{box}, true);
}

std::unique_ptr<Kernel> make_concatenate_kernel(const KernelRequest& request) {
  const int axis = static_cast<const ConcatenateOp&>(*request.op).axis();
  const Strides out = row_major(request.outputs[0].shape);
  std::vector<StridedBox> boxes;
  int64_t begin = 0;
  for (const ValueType& input : request.inputs) {
    boxes.push_back(box_of(input.shape, row_major(input.shape), out));
    boxes.back().out_offset = begin * out[static_cast<size_t>(axis)];
    begin += input.shape[axis];
  }
  return std::make_unique<CudaCopyKernel>(request, std::move(boxes));
}

class CudaTakeKernel final : public Kernel {
 public:
  explicit CudaTakeKernel(const KernelRequest& request)
      : copies_(request),
        item_(static_cast<int64_t>(size_of(request.inputs[0].dtype))),
        extent_(request.inputs[0].shape[0]),
        row_bytes_(request.inputs[0].shape.elements_per_row() * item_),
        rows_(request.inputs[1].shape.elements()) {}
  void run(const KernelCall& call, int64_t) const override {
    for (int64_t copy = 0; copy < copies_.count(); ++copy) {
      take_rows(
          stream_of(call.stream), rows_, extent_, row_bytes_,
          static_cast<const std::byte*>(call.inputs[0]) + copy * copies_.input_stride(0) * item_,
          static_cast<const int64_t*>(call.inputs[1]),
          static_cast<std::byte*>(call.outputs[0]) + copy * copies_.output_stride(0) * item_);
      check_launch("take");
    }
  }

 private:
  RootCopies copies_;
  int64_t item_, extent_, row_bytes_, rows_;
};

TUTTI_KERNEL("copy", DeviceKind::cuda, make_copy_kernel);
TUTTI_KERNEL("broadcast_to", DeviceKind::cuda, make_broadcast_kernel);
TUTTI_KERNEL("transpose", DeviceKind::cuda, make_transpose_kernel);
TUTTI_KERNEL("slice", DeviceKind::cuda, make_slice_kernel);
TUTTI_KERNEL("pad", DeviceKind::cuda, make_pad_kernel);
TUTTI_KERNEL("concatenate", DeviceKind::cuda, make_concatenate_kernel);
TUTTI_KERNEL("take", DeviceKind::cuda, make_one<CudaTakeKernel>);

}  // namespace
}  // namespace tutti::cuda
