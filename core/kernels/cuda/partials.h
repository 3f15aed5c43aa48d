// How kernels walk partial values and sums over rows on CUDA.
#pragma once

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/graph/kernel.h"
#include "core/kernels/cuda/device_array.h"
#include "core/kernels/cuda/sum_kernels.h"

namespace tutti::cuda {

// A kernel that is linear in a partial runs once per subtree root that the rank owns; strides are
// elements between roots, 0 for what is not partial.
class RootCopies {
 public:
  explicit RootCopies(const KernelRequest& request) {
    for (size_t i = 0; i < request.inputs.size(); ++i)
      inputs_.push_back(stride(request, request.inputs[i], request.input_root_stride[i]));
    for (size_t i = 0; i < request.outputs.size(); ++i)
      outputs_.push_back(stride(request, request.outputs[i], request.output_root_stride[i]));
  }
  int64_t count() const { return count_; }
  template <typename T>
  const T* input(const KernelCall& call, size_t i, int64_t copy) const {
    return static_cast<const T*>(call.inputs[i]) + copy * inputs_[i];
  }
  template <typename T>
  T* output(const KernelCall& call, size_t i, int64_t copy) const {
    return static_cast<T*>(call.outputs[i]) + copy * outputs_[i];
  }
  int64_t input_stride(size_t i) const { return inputs_[i]; }
  int64_t output_stride(size_t i) const { return outputs_[i]; }

 private:
  int64_t stride(const KernelRequest& request, const ValueType& type, int64_t elements) {
    if (type.kind != ValueKind::partial) return 0;
    count_ = static_cast<int64_t>(request.roots.size());
    return elements;
  }

  int64_t count_ = 1;
  std::vector<int64_t> inputs_, outputs_;
};

// The shards and roots of a sum over rows, in device memory.
class ShardTable {
 public:
  // Over the rows of a row value; each row of the batch stands for `rows_per_row` matrix rows.
  static ShardTable of_rows(const KernelRequest& request, int64_t rows_per_row) {
    std::vector<int64_t> offsets, first{0};
    for (const int64_t row : request.shard_rows) offsets.push_back(row * rows_per_row);
    int64_t most = 0;
    for (const Range& root : request.roots) {
      first.push_back(root.end);
      most = std::max(most, root.size());
    }
    if (most > kMostShards)
      fail(ExitCode::world, "shards",
           "{} shards of one sum are more than {}; set fewer with --set shards=", most,
           kMostShards);
    return ShardTable(offsets, first, most, request.output_root_stride[0]);
  }
  // One sum of one shard: over the leading axis of values that are no rows.
  static ShardTable of_whole(int64_t rows) { return ShardTable({0, rows}, {0, 1}, 1, 0); }

  ShardSums sums() const { return {offsets_.data(), first_.data(), roots_, most_, stride_}; }

 private:
  static constexpr int64_t kMostShards = 4096;  // whose sums fit a block's shared memory

  ShardTable(const std::vector<int64_t>& offsets, const std::vector<int64_t>& first, int64_t most,
             int64_t stride)
      : offsets_(offsets),
        first_(first),
        roots_(static_cast<int>(first.size()) - 1),
        most_(static_cast<int>(most)),
        stride_(stride) {}

  DeviceArray offsets_, first_;
  int roots_, most_;
  int64_t stride_;
};

}  // namespace tutti::cuda
