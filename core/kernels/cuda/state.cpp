// The kernels of state and of parameter groups on CUDA. Ranks meet in host memory: sums go there
// and come back, which a world of one rank never does.
#include <algorithm>
#include <vector>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/graph/parameter_group_ops.h"
#include "core/graph/reducer.h"
#include "core/kernels/cuda/copy_kernels.h"
#include "core/kernels/cuda/host_buffer.h"
#include "core/kernels/cuda/make_forms.h"
#include "core/kernels/cuda/partials.h"

namespace tutti::cuda {
namespace {

const ParameterGroup& group_of_request(const KernelRequest& request) {
  return static_cast<const GroupOp*>(request.op)->group();
}

void copy_on_device(Stream* stream, void* to, const void* from, size_t bytes) {
  if (to == from || bytes == 0) return;
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_of(stream)),
        "copying state");
}

class CudaRowCountKernel final : public Kernel {
 public:
  explicit CudaRowCountKernel(const KernelRequest& request)
      : rows_(static_cast<float>(request.layout.batch)) {}
  void run(const KernelCall& call, int64_t) const override {
    fill_number(stream_of(call.stream), static_cast<float*>(call.outputs[0]), rows_);
    check_launch("row_count");
  }

 private:
  float rows_;
};

class CudaAssignKernel final : public Kernel {
 public:
  explicit CudaAssignKernel(const KernelRequest& request)
      : bytes_(static_cast<size_t>(request.outputs[0].shape.elements()) *
               size_of(request.outputs[0].dtype)) {}
  void run(const KernelCall& call, int64_t) const override {
    copy_on_device(call.stream, call.outputs[0], call.inputs[0], bytes_);
  }

 private:
  size_t bytes_;
};

// The roots of a partial in host memory.
class HostPartials {
 public:
  HostPartials(const KernelRequest& request, DType dtype, int64_t elements, int64_t stride) {
    partials_.dtype = dtype;
    partials_.elements = elements;
    partials_.root_stride = stride;
    partials_.layout = request.layout;
    if (request.layout.world == 1) return;
    const auto roots = static_cast<int64_t>(request.roots.size());
    const int64_t all = roots == 0 ? 0 : (roots - 1) * stride + elements;
    in_ = HostBuffer(static_cast<size_t>(all) * size_of(dtype));
    out_ = HostBuffer(static_cast<size_t>(elements) * size_of(dtype));
  }
  bool alone() const { return partials_.layout.world == 1; }
  // Calls meet(partials, out) on the host, then copies `out_bytes` of out to `to`.
  template <typename Meet>
  void run(Stream* stream, const void* from, void* to, size_t out_bytes, const Meet& meet) const {
    in_.fetch(stream, from);
    Reducer::Partials partials = partials_;
    partials.data = in_.data();
    meet(partials, out_.data());
    out_.send(stream, to, out_bytes);
  }

 private:
  Reducer::Partials partials_;
  HostBuffer in_, out_;
};

class CudaSumRowsKernel final : public Kernel {
 public:
  explicit CudaSumRowsKernel(const KernelRequest& request)
      : reducer_(request.reducer),
        bytes_(static_cast<size_t>(request.inputs[0].shape.elements()) *
               size_of(request.inputs[0].dtype)),
        partials_(request, request.inputs[0].dtype, request.inputs[0].shape.elements(),
                  request.input_root_stride[0]) {}
  void run(const KernelCall& call, int64_t) const override {
    if (partials_.alone())
      return copy_on_device(call.stream, call.outputs[0], call.inputs[0], bytes_);
    partials_.run(
        call.stream, call.inputs[0], call.outputs[0], bytes_,
        [&](const Reducer::Partials& partials, void* out) { reducer_->sum(partials, out); });
  }

 private:
  Reducer* reducer_;
  size_t bytes_;
  HostPartials partials_;
};

// Input 0 is the flat buffer of all gradients.
class CudaReduceScatterKernel final : public Kernel {
 public:
  explicit CudaReduceScatterKernel(const KernelRequest& request)
      : reducer_(request.reducer),
        group_(&group_of_request(request)),
        bytes_(static_cast<size_t>(group_->share().size()) * size_of(group_->dtype())),
        partials_(request, group_->dtype(), group_->elements(), group_->elements()) {}
  void run(const KernelCall& call, int64_t) const override {
    if (partials_.alone())
      return copy_on_device(call.stream, call.outputs[0], call.inputs[0], bytes_);
    partials_.run(call.stream, call.inputs[0], call.outputs[0], bytes_,
                  [&](const Reducer::Partials& partials, void* out) {
                    reducer_->reduce_scatter(partials, group_->shares(), out);
                  });
  }

 private:
  Reducer* reducer_;
  const ParameterGroup* group_;
  size_t bytes_;
  HostPartials partials_;
};

class CudaTakeShareKernel final : public Kernel {
 public:
  explicit CudaTakeShareKernel(const KernelRequest& request) : group_(&group_of_request(request)) {}
  void run(const KernelCall& call, int64_t) const override {
    const auto item = static_cast<int64_t>(size_of(group_->dtype()));
    const Range share = group_->share();
    for (size_t i = 0; i < group_->variables().size(); ++i) {
      const int64_t begin = std::max(share.begin, group_->offsets()[i]);
      const int64_t end = std::min(share.end, group_->offsets()[i + 1]);
      if (begin >= end) continue;
      copy_on_device(
          call.stream, static_cast<std::byte*>(call.outputs[0]) + (begin - share.begin) * item,
          static_cast<const std::byte*>(call.inputs[i]) + (begin - group_->offsets()[i]) * item,
          static_cast<size_t>((end - begin) * item));
    }
  }

 private:
  const ParameterGroup* group_;
};

class CudaAssignShareKernel final : public Kernel {
 public:
  explicit CudaAssignShareKernel(const KernelRequest& request)
      : reducer_(request.reducer),
        group_(&group_of_request(request)),
        place_(request.op->input_place()),
        item_(size_of(group_->dtype())) {
    if (group_->world() > 1) full_ = HostBuffer(static_cast<size_t>(group_->elements()) * item_);
  }
  void run(const KernelCall& call, int64_t) const override {
    copy_on_device(call.stream, place_, call.inputs[0],
                   static_cast<size_t>(group_->share().size()) * item_);
    if (group_->world() == 1) return;
    full_.fetch(call.stream, group_->flat().raw());
    reducer_->all_gather(group_->dtype(), full_.data(), group_->shares());
    full_.send(call.stream, group_->flat().raw(), full_.size());
  }

 private:
  Reducer* reducer_;
  const ParameterGroup* group_;
  void* place_;
  size_t item_;
  HostBuffer full_;
};

class CudaGatherShareKernel final : public Kernel {
 public:
  explicit CudaGatherShareKernel(const KernelRequest& request)
      : reducer_(request.reducer),
        group_(&group_of_request(request)),
        item_(size_of(group_->dtype())) {
    if (group_->world() > 1) full_ = HostBuffer(workspace_bytes());
  }
  size_t workspace_bytes() const override {
    return group_->world() == 1 ? 0 : static_cast<size_t>(group_->elements()) * item_;
  }
  void run(const KernelCall& call, int64_t) const override {
    const auto* full = static_cast<const std::byte*>(call.inputs[0]);
    if (group_->world() > 1) {
      auto* all = static_cast<std::byte*>(call.workspace);
      const Range share = group_->share();
      copy_on_device(call.stream, all + static_cast<size_t>(share.begin) * item_, full,
                     static_cast<size_t>(share.size()) * item_);
      full_.fetch(call.stream, all);
      reducer_->all_gather(group_->dtype(), full_.data(), group_->shares());
      full_.send(call.stream, all, full_.size());
      full = all;
    }
    for (size_t i = 0; i < group_->variables().size(); ++i)
      copy_on_device(call.stream, call.outputs[i],
                     full + static_cast<size_t>(group_->offsets()[i]) * item_,
                     static_cast<size_t>(group_->offsets()[i + 1] - group_->offsets()[i]) * item_);
  }

 private:
  Reducer* reducer_;
  const ParameterGroup* group_;
  size_t item_;
  HostBuffer full_;
};

BlockTerm term_of(const KernelRequest& request) {
  const auto* op = dynamic_cast<const NotFiniteOp*>(request.op);
  if (!op) return BlockTerm::element;
  return op->squares() ? BlockTerm::square_not_finite : BlockTerm::not_finite;
}

// tensor_sums and not_finite.
template <typename T>
class CudaTensorSumsKernel final : public Kernel {
 public:
  explicit CudaTensorSumsKernel(const KernelRequest& request)
      : reducer_(request.reducer),
        group_(&group_of_request(request)),
        term_(term_of(request)),
        begins_(group_->blocks()) {
    const auto& blocks = group_->blocks();
    const auto block_at = [&](int64_t element) {
      return std::lower_bound(blocks.begin(), blocks.end(), element) - blocks.begin();
    };
    // Shares and variables begin at blocks.
    for (const int64_t begin : group_->shares()) block_shares_.push_back(block_at(begin));
    std::vector<int64_t> first;
    for (const int64_t offset : group_->offsets()) first.push_back(block_at(offset));
    first_ = DeviceArray(first);
    if (group_->world() > 1) sums_ = HostBuffer(workspace_bytes());
  }
  size_t workspace_bytes() const override { return group_->blocks().size() * sizeof(T); }

  void run(const KernelCall& call, int64_t) const override {
    const cudaStream_t stream = stream_of(call.stream);
    const auto rank = static_cast<size_t>(group_->rank());
    const int64_t own = block_shares_[rank], count = block_shares_[rank + 1] - own;
    T* sums = static_cast<T*>(call.workspace);
    block_sums(stream, term_, count, begins_.data() + own,
               static_cast<const T*>(call.inputs[0]) - group_->share().begin, sums + own);
    check_launch("tensor_sums");
    if (group_->world() > 1) {
      sums_.fetch(call.stream, sums);
      reducer_->all_gather(group_->dtype(), sums_.data(), block_shares_);
      sums_.send(call.stream, sums, sums_.size());
    }
    fold_blocks(stream, static_cast<int64_t>(group_->variables().size()), first_.data(), sums,
                static_cast<T*>(call.outputs[0]));
    check_launch("tensor_sums");
  }

 private:
  Reducer* reducer_;
  const ParameterGroup* group_;
  BlockTerm term_;
  DeviceArray begins_, first_;
  std::vector<int64_t> block_shares_;
  HostBuffer sums_;
};

template <typename T>
class CudaExpandKernel final : public Kernel {
 public:
  explicit CudaExpandKernel(const KernelRequest& request)
      : group_(&group_of_request(request)), offsets_(group_->offsets()) {}
  void run(const KernelCall& call, int64_t) const override {
    expand_share(stream_of(call.stream), group_->share().begin, group_->share().end,
                 static_cast<int64_t>(group_->variables().size()), offsets_.data(),
                 static_cast<const T*>(call.inputs[0]), static_cast<T*>(call.outputs[0]));
    check_launch("expand");
  }

 private:
  const ParameterGroup* group_;
  DeviceArray offsets_;
};

TUTTI_KERNEL("row_count", DeviceKind::cuda, make_one<CudaRowCountKernel>);
TUTTI_KERNEL("assign", DeviceKind::cuda, make_one<CudaAssignKernel>);
TUTTI_KERNEL("sum_rows", DeviceKind::cuda, make_one<CudaSumRowsKernel>);
TUTTI_KERNEL("reduce_scatter", DeviceKind::cuda, make_one<CudaReduceScatterKernel>);
TUTTI_KERNEL("take_share", DeviceKind::cuda, make_one<CudaTakeShareKernel>);
TUTTI_KERNEL("assign_share", DeviceKind::cuda, make_one<CudaAssignShareKernel>);
TUTTI_KERNEL("gather_share", DeviceKind::cuda, make_one<CudaGatherShareKernel>);
TUTTI_KERNEL("tensor_sums", DeviceKind::cuda, make_floating<CudaTensorSumsKernel>);
TUTTI_KERNEL("not_finite", DeviceKind::cuda, make_floating<CudaTensorSumsKernel>);
TUTTI_KERNEL("expand", DeviceKind::cuda, make_floating<CudaExpandKernel>);

}  // namespace
}  // namespace tutti::cuda
