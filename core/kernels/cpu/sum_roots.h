// How a kernel walks partial values and sums over rows: see ValueKind::partial and ShardRoot.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/error.h"
#include "core/graph/kernel.h"
#include "core/kernels/cpu/simd/gemm_kernels.h"

namespace tutti::cpu {

// A kernel that is linear in a partial runs once per subtree root that the rank owns.
struct Copies {
  int64_t count = 1;
  std::vector<int64_t> input_stride;  // elements; 0 for an input that is not partial
  int64_t output_stride = 0;
};

inline Copies copies_of(const KernelRequest& request) {
  Copies copies;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const bool partial = request.inputs[i].kind == ValueKind::partial;
    if (partial) copies.count = static_cast<int64_t>(request.roots.size());
    copies.input_stride.push_back(partial ? request.input_root_stride[i] : 0);
  }
  if (request.outputs[0].kind == ValueKind::partial)
    copies.output_stride = request.output_root_stride[0];
  return copies;
}

// Sums over the rows of row values, or over the leading axis of same values (one root of one
// shard).
class SumRoots {
 public:
  static constexpr int64_t kMost = 2 * kShardLevels;

  // `rows_per_row`: matrix rows that one row of the batch stands for.
  static SumRoots of_rows(const KernelRequest& request, int64_t rows_per_row) {
    SumRoots roots;
    for (const int64_t row : request.shard_rows) roots.offsets_.push_back(row * rows_per_row);
    roots.ranges_ = request.roots;
    roots.stride_ = request.output_root_stride[0];
    bool deep = roots.ranges_.size() > static_cast<size_t>(kMost);
    for (const auto& range : roots.ranges_)
      deep = deep || range.size() > (int64_t{1} << kShardLevels);
    if (deep)
      fail(ExitCode::world, "shards",
           "{} shards are more than 2^{}; set fewer with --set shards=", request.layout.shards,
           kShardLevels);
    return roots;
  }
  static SumRoots of_whole(int64_t rows) {
    SumRoots roots;
    roots.offsets_ = {0, rows};
    roots.ranges_ = {{0, 1}};
    return roots;
  }

  int64_t count() const { return static_cast<int64_t>(ranges_.size()); }
  int64_t rows() const { return offsets_.empty() ? 0 : offsets_.back(); }

  // Fills roots[0 .. count()) for a result at `out` whose rows are ld apart.
  template <typename T>
  void place(T* out, int64_t ld, ShardRoot<T>* roots) const {
    for (size_t i = 0; i < ranges_.size(); ++i)
      roots[i] = {offsets_.data() + ranges_[i].begin, ranges_[i].size(),
                  out + static_cast<int64_t>(i) * stride_, ld};
  }

 private:
  std::vector<int64_t> offsets_;
  std::vector<Range> ranges_;
  int64_t stride_ = 0;
};

}  // namespace tutti::cpu
