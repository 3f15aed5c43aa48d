// The kernel slots that read and add by index: pick, spread, take_in_rows, scatter_add_in_rows and
// scatter_add.
#include <limits>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/kernels/cuda/index_kernels.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/partials.h"

namespace tutti::cuda {
namespace {

// A row of `whole` is so many entries of one width.
int64_t width_of(const Shape& whole, int64_t entries) {
  return entries > 0 ? whole.elements_per_row() / entries : 0;
}

// pick and take_in_rows.
template <typename T, typename Place>
class CudaReadInRowsKernel : public Kernel {
 public:
  CudaReadInRowsKernel(const KernelRequest& request, int64_t extent, T outside)
      : outside_(outside) {
    const Shape &places = request.inputs[1].shape, &out = request.outputs[0].shape;
    const int64_t asked = places.elements_per_row();
    tables_ = {places[0], extent, asked, width_of(out, asked)};
  }
  void run(const KernelCall& call, int64_t) const override {
    take_in_rows(stream_of(call.stream), tables_, outside_, static_cast<const T*>(call.inputs[0]),
                 static_cast<const Place*>(call.inputs[1]), static_cast<T*>(call.outputs[0]));
    check_launch("reading by index");
  }

 private:
  RowTables tables_;
  T outside_;
};

// spread and scatter_add_in_rows.
template <typename T, typename Place>
class CudaAddInRowsKernel : public Kernel {
 public:
  CudaAddInRowsKernel(const KernelRequest& request, int64_t extent) {
    const Shape &places = request.inputs[1].shape, &table = request.outputs[0].shape;
    tables_ = {places[0], extent, places.elements_per_row(), width_of(table, extent)};
  }
  void run(const KernelCall& call, int64_t) const override {
    add_in_rows(stream_of(call.stream), tables_, static_cast<const T*>(call.inputs[0]),
                static_cast<const Place*>(call.inputs[1]), static_cast<T*>(call.outputs[0]));
    check_launch("adding by index");
  }

 private:
  RowTables tables_;
};

// scatter_add: sorts the updates by index, then adds up each entry's, by shards and in the tree.
template <typename T>
class CudaScatterAddKernel final : public Kernel {
 public:
  explicit CudaScatterAddKernel(const KernelRequest& request)
      : copies_(request),
        extent_(request.outputs[0].shape[0]),
        width_(request.outputs[0].shape.elements_per_row()),
        updates_(request.inputs[1].shape.elements()),
        over_rows_(request.inputs[0].kind == ValueKind::row),
        shards_(over_rows_
                    ? ShardTable::of_rows(request, request.inputs[1].shape.elements_per_row())
                    : ShardTable::of_whole(updates_)) {}

  // first, then the updates' numbers sorted by index, then their ranks.
  size_t workspace_bytes() const override {
    return static_cast<size_t>(extent_ + 1 + 2 * updates_) * sizeof(int64_t);
  }

  void run(const KernelCall& call, int64_t) const override {
    const cudaStream_t stream = stream_of(call.stream);
    auto* first = static_cast<int64_t*>(call.workspace);
    int64_t* sorted = first + extent_ + 1;
    check(cudaMemsetAsync(first, 0, static_cast<size_t>(extent_ + 1) * sizeof(int64_t), stream),
          "scatter_add");
    sort_updates(stream, updates_, extent_, static_cast<const int64_t*>(call.inputs[1]), first,
                 sorted, sorted + updates_);
    check_launch("scatter_add");
    const int64_t copies = over_rows_ ? 1 : copies_.count();
    for (int64_t copy = 0; copy < copies; ++copy) {
      add_sorted(stream, shards_.sums(), extent_, width_, first, sorted,
                 copies_.input<T>(call, 0, copy), copies_.output<T>(call, 0, copy));
      check_launch("scatter_add");
    }
  }

 private:
  RootCopies copies_;
  int64_t extent_, width_, updates_;
  bool over_rows_;
  ShardTable shards_;
};

template <typename T>
class CudaPickKernel final : public CudaReadInRowsKernel<T, int32_t> {
 public:
  explicit CudaPickKernel(const KernelRequest& request)
      : CudaReadInRowsKernel<T, int32_t>(request, request.inputs[0].shape.elements_per_row(),
                                         T(0)) {}
};
template <typename T>
class CudaSpreadKernel final : public CudaAddInRowsKernel<T, int32_t> {
 public:
  explicit CudaSpreadKernel(const KernelRequest& request)
      : CudaAddInRowsKernel<T, int32_t>(request, request.outputs[0].shape.elements_per_row()) {}
};
template <typename T>
class CudaTakeInRowsKernel final : public CudaReadInRowsKernel<T, int64_t> {
 public:
  explicit CudaTakeInRowsKernel(const KernelRequest& request)
      : CudaReadInRowsKernel<T, int64_t>(request, request.inputs[0].shape[1],
                                         std::numeric_limits<T>::quiet_NaN()) {}
};
template <typename T>
class CudaScatterAddInRowsKernel final : public CudaAddInRowsKernel<T, int64_t> {
 public:
  explicit CudaScatterAddInRowsKernel(const KernelRequest& request)
      : CudaAddInRowsKernel<T, int64_t>(request, request.outputs[0].shape[1]) {}
};

TUTTI_KERNEL("pick", DeviceKind::cuda, make_floating<CudaPickKernel>);
TUTTI_KERNEL("spread", DeviceKind::cuda, make_floating<CudaSpreadKernel>);
TUTTI_KERNEL("take_in_rows", DeviceKind::cuda, make_floating<CudaTakeInRowsKernel>);
TUTTI_KERNEL("scatter_add_in_rows", DeviceKind::cuda, make_floating<CudaScatterAddInRowsKernel>);
TUTTI_KERNEL("scatter_add", DeviceKind::cuda, make_floating<CudaScatterAddKernel>);

}  // namespace
}  // namespace tutti::cuda
