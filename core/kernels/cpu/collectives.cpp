// The CPU kernels of the graph's own ops: state, sums over rows, shares of a parameter group.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/graph/kernel.h"
#include "core/graph/parameter_group_ops.h"
#include "core/graph/reducer.h"

namespace tutti {
namespace {

class RowCountKernel final : public Kernel {
 public:
  explicit RowCountKernel(const KernelRequest& request)
      : rows_(static_cast<float>(request.layout.batch)) {}
  void run(const KernelCall& call, int64_t) const override {
    *static_cast<float*>(call.outputs[0]) = rows_;
  }

 private:
  float rows_;
};

class AssignKernel final : public Kernel {
 public:
  explicit AssignKernel(const KernelRequest& request)
      : bytes_(static_cast<size_t>(request.outputs[0].shape.elements()) *
               size_of(request.outputs[0].dtype)) {}
  void run(const KernelCall& call, int64_t) const override {
    if (call.inputs[0] != call.outputs[0]) std::memmove(call.outputs[0], call.inputs[0], bytes_);
  }

 private:
  size_t bytes_;
};

class SumRowsKernel final : public Kernel {
 public:
  explicit SumRowsKernel(const KernelRequest& request) : reducer_(request.reducer) {
    partials_.dtype = request.inputs[0].dtype;
    partials_.elements = request.inputs[0].shape.elements();
    partials_.root_stride = request.input_root_stride[0];
    partials_.layout = request.layout;
  }
  void run(const KernelCall& call, int64_t) const override {
    Reducer::Partials partials = partials_;
    partials.data = call.inputs[0];
    reducer_->sum(partials, call.outputs[0]);
  }

 private:
  Reducer* reducer_;
  Reducer::Partials partials_;
};

const ParameterGroup& group_of(const KernelRequest& request) {
  return static_cast<const GroupOp*>(request.op)->group();
}

// Input 0 is the flat buffer of all gradients.
class ReduceScatterKernel final : public Kernel {
 public:
  explicit ReduceScatterKernel(const KernelRequest& request)
      : reducer_(request.reducer), group_(&group_of(request)) {
    partials_.dtype = group_->dtype();
    partials_.elements = partials_.root_stride = group_->elements();
    partials_.layout = request.layout;
  }
  void run(const KernelCall& call, int64_t) const override {
    Reducer::Partials partials = partials_;
    partials.data = call.inputs[0];
    reducer_->reduce_scatter(partials, group_->shares(), call.outputs[0]);
  }

 private:
  Reducer* reducer_;
  const ParameterGroup* group_;
  Reducer::Partials partials_;
};

// Calls body(variable, begin, end) for each variable's part of this rank's share, in flat offsets.
template <typename Body>
void for_each_part(const ParameterGroup& group, const Body& body) {
  const Range share = group.share();
  for (size_t i = 0; i < group.variables().size(); ++i) {
    const int64_t begin = std::max(share.begin, group.offsets()[i]);
    const int64_t end = std::min(share.end, group.offsets()[i + 1]);
    if (begin < end) body(i, begin, end);
  }
}

class TakeShareKernel final : public Kernel {
 public:
  explicit TakeShareKernel(const KernelRequest& request) : group_(&group_of(request)) {}
  void run(const KernelCall& call, int64_t) const override {
    const size_t item = size_of(group_->dtype());
    for_each_part(*group_, [&](size_t variable, int64_t begin, int64_t end) {
      const auto* from = static_cast<const std::byte*>(call.inputs[variable]);
      auto* to = static_cast<std::byte*>(call.outputs[0]);
      std::memcpy(to + static_cast<size_t>(begin - group_->share().begin) * item,
                  from + static_cast<size_t>(begin - group_->offsets()[variable]) * item,
                  static_cast<size_t>(end - begin) * item);
    });
  }

 private:
  const ParameterGroup* group_;
};

class AssignShareKernel final : public Kernel {
 public:
  explicit AssignShareKernel(const KernelRequest& request)
      : reducer_(request.reducer), group_(&group_of(request)), place_(request.op->input_place()) {}
  void run(const KernelCall& call, int64_t) const override {
    const size_t bytes = static_cast<size_t>(group_->share().size()) * size_of(group_->dtype());
    if (call.inputs[0] != place_) {
      reducer_->barrier();  // ranks that share the parameters may still read the old ones
      std::memcpy(place_, call.inputs[0], bytes);
    }
    reducer_->all_gather(group_->dtype(), group_->flat().raw(), group_->shares());
  }

 private:
  Reducer* reducer_;
  const ParameterGroup* group_;
  void* place_;
};

class GatherShareKernel final : public Kernel {
 public:
  explicit GatherShareKernel(const KernelRequest& request)
      : reducer_(request.reducer), group_(&group_of(request)), item_(size_of(group_->dtype())) {}
  size_t workspace_bytes() const override {
    return group_->world() == 1 ? 0 : static_cast<size_t>(group_->elements()) * item_;
  }
  void run(const KernelCall& call, int64_t) const override {
    const auto* full = static_cast<const std::byte*>(call.inputs[0]);
    if (group_->world() > 1) {
      auto* all = static_cast<std::byte*>(call.workspace);
      const Range share = group_->share();
      std::memcpy(all + static_cast<size_t>(share.begin) * item_, full,
                  static_cast<size_t>(share.size()) * item_);
      reducer_->all_gather(group_->dtype(), all, group_->shares());
      full = all;
    }
    for (size_t i = 0; i < group_->variables().size(); ++i)
      std::memcpy(call.outputs[i], full + static_cast<size_t>(group_->offsets()[i]) * item_,
                  static_cast<size_t>(group_->offsets()[i + 1] - group_->offsets()[i]) * item_);
  }

 private:
  Reducer* reducer_;
  const ParameterGroup* group_;
  size_t item_;
};

// 16 running sums and one fold: the same on every instruction set.
template <typename T>
T lane_sum(const T* values, int64_t count) {
  T lanes[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; ++lane) lanes[lane] += values[i + lane];
  for (int lane = 0; i < count; ++i, ++lane) lanes[lane] += values[i];
  for (int width = 8; width > 0; width /= 2)
    for (int lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  return lanes[0];
}

// A number per block of the share, exchanged, then added over each variable's blocks in a tree.
template <typename T>
class BlockSums : public Kernel {
 public:
  explicit BlockSums(const KernelRequest& request)
      : reducer_(request.reducer), group_(&group_of(request)) {
    // Which blocks each rank owns: shares begin at blocks.
    const auto& blocks = group_->blocks();
    for (const int64_t begin : group_->shares())
      block_shares_.push_back(std::lower_bound(blocks.begin(), blocks.end(), begin) -
                              blocks.begin());
  }
  size_t workspace_bytes() const override { return group_->blocks().size() * sizeof(T); }

 protected:
  // of(elements, count) of this rank's blocks, from the first-th up to the last-th.
  template <typename Of>
  void fill(const KernelCall& call, int64_t first, int64_t last, const Of& of) const {
    const auto& blocks = group_->blocks();
    const T* share = static_cast<const T*>(call.inputs[0]) - group_->share().begin;
    for (int64_t b = first; b < last; ++b) {
      const auto at = static_cast<size_t>(own().begin + b);
      static_cast<T*>(call.workspace)[at] = of(share + blocks[at], blocks[at + 1] - blocks[at]);
    }
  }
  void exchange(const KernelCall& call) const {
    T* sums = static_cast<T*>(call.workspace);
    reducer_->all_gather(group_->dtype(), sums, block_shares_);
    fold(sums, static_cast<T*>(call.outputs[0]));
  }
  Range own() const {
    const auto rank = static_cast<size_t>(group_->rank());
    return {block_shares_[rank], block_shares_[rank + 1]};
  }

 private:
  void fold(const T* sums, T* totals) const {
    size_t block = 0;
    for (size_t i = 0; i < group_->variables().size(); ++i) {
      size_t end = block;
      while (end + 1 < group_->blocks().size() && group_->blocks()[end] < group_->offsets()[i + 1])
        ++end;
      T levels[64];
      fold_tree(
          static_cast<int64_t>(end - block),
          [&](int64_t leaf, int level) { levels[level] = sums[block + static_cast<size_t>(leaf)]; },
          [&](int into, int from) { levels[into] += levels[from]; });
      totals[i] = end == block ? T(0) : levels[0];
      block = end;
    }
  }

  Reducer* reducer_;
  const ParameterGroup* group_;
  std::vector<int64_t> block_shares_;
};

template <typename T>
class TensorSumsKernel final : public BlockSums<T> {
 public:
  using BlockSums<T>::BlockSums;
  void run(const KernelCall& call, int64_t) const override {
    this->fill(call, 0, this->own().size(), lane_sum<T>);
    this->exchange(call);
  }
};

// y - y is 0, or NaN for what is not finite.
template <typename T, bool squares>
T count_not_finite(const T* values, int64_t count) {
  const auto difference = [values](int64_t i) {
    const T y = squares ? values[i] * values[i] : values[i];
    return y - y;
  };
  T lanes[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; ++lane) lanes[lane] += difference(i + lane);
  for (; i < count; ++i) lanes[0] += difference(i);
  if (std::all_of(lanes, lanes + 16, [](T each) { return each == T(0); })) return T(0);
  T found = 0;
  for (i = 0; i < count; ++i) found += difference(i) == T(0) ? T(0) : T(1);
  return found;
}

template <typename T>
class NotFiniteKernel final : public BlockSums<T> {
 public:
  explicit NotFiniteKernel(const KernelRequest& request)
      : BlockSums<T>(request),
        count_(static_cast<const NotFiniteOp*>(request.op)->squares()
                   ? count_not_finite<T, true>
                   : count_not_finite<T, false>) {}
  int64_t phases() const override { return 2; }  // tiles of blocks; the ranks' meeting
  int64_t tiles_of(int64_t phase) const override {
    return phase == 0 ? (this->own().size() + kTileBlocks - 1) / kTileBlocks : 1;
  }
  void run(const KernelCall& call, int64_t tile) const override {
    if (call.phase == 1) return this->exchange(call);
    const int64_t first = tile * kTileBlocks;
    this->fill(call, first, std::min(first + kTileBlocks, this->own().size()), count_);
  }

 private:
  static constexpr int64_t kTileBlocks = 16;
  T (*count_)(const T* values, int64_t count);
};

template <typename T>
class ExpandKernel final : public Kernel {
 public:
  explicit ExpandKernel(const KernelRequest& request) : group_(&group_of(request)) {}
  void run(const KernelCall& call, int64_t) const override {
    T* share = static_cast<T*>(call.outputs[0]) - group_->share().begin;
    for_each_part(*group_, [&](size_t variable, int64_t begin, int64_t end) {
      std::fill(share + begin, share + end, static_cast<const T*>(call.inputs[0])[variable]);
    });
  }

 private:
  const ParameterGroup* group_;
};

template <typename K>
std::unique_ptr<Kernel> make_one(const KernelRequest& request) {
  return std::make_unique<K>(request);
}

template <template <typename> typename K>
std::unique_ptr<Kernel> make_floating(const KernelRequest& request) {
  if (request.inputs[0].dtype == DType::f64) return std::make_unique<K<double>>(request);
  return std::make_unique<K<float>>(request);
}

TUTTI_KERNEL("row_count", DeviceKind::cpu, make_one<RowCountKernel>);
TUTTI_KERNEL("assign", DeviceKind::cpu, make_one<AssignKernel>);
TUTTI_KERNEL("sum_rows", DeviceKind::cpu, make_one<SumRowsKernel>);
TUTTI_KERNEL("reduce_scatter", DeviceKind::cpu, make_one<ReduceScatterKernel>);
TUTTI_KERNEL("take_share", DeviceKind::cpu, make_one<TakeShareKernel>);
TUTTI_KERNEL("assign_share", DeviceKind::cpu, make_one<AssignShareKernel>);
TUTTI_KERNEL("gather_share", DeviceKind::cpu, make_one<GatherShareKernel>);
TUTTI_KERNEL("tensor_sums", DeviceKind::cpu, make_floating<TensorSumsKernel>);
TUTTI_KERNEL("not_finite", DeviceKind::cpu, make_floating<NotFiniteKernel>);
TUTTI_KERNEL("expand", DeviceKind::cpu, make_floating<ExpandKernel>);

}  // namespace
}  // namespace tutti
