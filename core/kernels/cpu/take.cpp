// take and scatter_add on CPU.
#include "core/ops/take.h"

#include <cstring>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"
#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {
namespace {

class TakeKernel final : public Kernel {
 public:
  explicit TakeKernel(const KernelRequest& request)
      : copies_(copies_of(request)),
        item_(static_cast<int64_t>(size_of(request.inputs[0].dtype))),
        extent_(request.inputs[0].shape[0]),
        row_bytes_(request.inputs[0].shape.elements_per_row() * item_),
        tiles_(request.inputs[1].shape.elements(), row_bytes_ / item_) {}
  int64_t tiles() const override { return copies_.count * tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t root = tile / tiles_.count, at = tile % tiles_.count;
    const auto* table =
        static_cast<const std::byte*>(call.inputs[0]) + root * copies_.input_stride[0] * item_;
    const auto* indices = static_cast<const int64_t*>(call.inputs[1]);
    auto* out = static_cast<std::byte*>(call.outputs[0]) + root * copies_.output_stride * item_;
    const auto bytes = static_cast<size_t>(row_bytes_);
    for (int64_t i = tiles_.begin(at); i < tiles_.begin(at) + tiles_.length(at); ++i) {
      const int64_t index = indices[i];
      if (index >= 0 && index < extent_)
        std::memcpy(out + i * row_bytes_, table + index * row_bytes_, bytes);
      else
        std::memset(out + i * row_bytes_, 0xff, bytes);  // NaN, or -1
    }
  }

 private:
  Copies copies_;
  int64_t item_, extent_, row_bytes_;
  RowTiles tiles_;
};

// Phase 0 sorts the updates by index, keeping their order; phase 1 adds up each row of the table. A
// shard without updates for a row adds nothing, which is what adding its zero would do: sums that
// begin at +0 are never -0.
template <typename T>
class ScatterAddKernel final : public Kernel {
 public:
  explicit ScatterAddKernel(const KernelRequest& request)
      : copies_(copies_of(request)),
        extent_(request.outputs[0].shape[0]),
        width_(request.outputs[0].shape.elements_per_row()),
        updates_(request.inputs[1].shape.elements()),
        over_rows_(request.inputs[0].kind == ValueKind::row),
        roots_(over_rows_ ? SumRoots::of_rows(request, request.inputs[1].shape.elements_per_row())
                          : SumRoots::of_whole(updates_)),
        tiles_(extent_, width_, 4096) {
    if (over_rows_) copies_ = {1, {0, 0}, 0};
  }

  int64_t phases() const override { return 2; }
  int64_t tiles_of(int64_t phase) const override {
    return phase == 0 ? 1 : copies_.count * tiles_.count;
  }
  // first[v + 1], then the updates' numbers sorted by index.
  size_t workspace_bytes() const override {
    return static_cast<size_t>(extent_ + 2 + updates_) * sizeof(int64_t);
  }

  void run(const KernelCall& call, int64_t tile) const override {
    if (call.phase == 0) return sort(call);
    const int64_t copy = tile / tiles_.count, at = tile % tiles_.count;
    const T* updates = static_cast<const T*>(call.inputs[0]) + copy * copies_.input_stride[0];
    ShardRoot<T> roots[SumRoots::kMost];
    roots_.place(static_cast<T*>(call.outputs[0]) + copy * copies_.output_stride, width_, roots);
    const auto* first = static_cast<const int64_t*>(call.workspace);
    const int64_t* sorted = first + extent_ + 2;
    for (int64_t v = tiles_.begin(at); v < tiles_.begin(at) + tiles_.length(at); ++v)
      for (int64_t r = 0; r < roots_.count(); ++r)
        for (int64_t j = 0; j < width_; j += kPiece)
          add_up(roots[r], sorted + first[v], sorted + first[v + 1], updates + j,
                 std::min(kPiece, width_ - j), roots[r].out + v * width_ + j);
  }

 private:
  static constexpr int64_t kPiece = 256;

  void sort(const KernelCall& call) const {
    const auto* indices = static_cast<const int64_t*>(call.inputs[1]);
    auto* first = static_cast<int64_t*>(call.workspace);
    int64_t* sorted = first + extent_ + 2;
    const auto inside = [&](int64_t i) { return indices[i] >= 0 && indices[i] < extent_; };
    std::fill(first, first + extent_ + 2, int64_t{0});
    for (int64_t i = 0; i < updates_; ++i)
      if (inside(i)) ++first[indices[i] + 2];
    for (int64_t v = 2; v < extent_ + 2; ++v) first[v] += first[v - 1];
    for (int64_t i = 0; i < updates_; ++i)
      if (inside(i)) sorted[first[indices[i] + 1]++] = i;
  }

  // The tree over one root's shards of the updates numbered [from, to), `n` columns of them.
  void add_up(const ShardRoot<T>& root, const int64_t* from, const int64_t* to, const T* updates,
              int64_t n, T* out) const {
    T level[kShardLevels + 2][kPiece];
    bool filled[kShardLevels + 2];
    const int64_t* at = std::lower_bound(from, to, root.offsets[0]);
    fold_tree(
        root.shards,
        [&](int64_t shard, int depth) {
          filled[depth] = at < to && *at < root.offsets[shard + 1];
          if (!filled[depth]) return;
          std::fill(level[depth], level[depth] + n, T(0));
          for (; at < to && *at < root.offsets[shard + 1]; ++at)
            for (int64_t j = 0; j < n; ++j) level[depth][j] += updates[*at * width_ + j];
        },
        [&](int into, int other) {
          if (!filled[other]) return;
          for (int64_t j = 0; j < n; ++j)
            level[into][j] = filled[into] ? level[into][j] + level[other][j] : level[other][j];
          filled[into] = true;
        });
    if (filled[0])
      std::copy(level[0], level[0] + n, out);
    else
      std::fill(out, out + n, T(0));
  }

  Copies copies_;
  int64_t extent_, width_, updates_;
  bool over_rows_;
  SumRoots roots_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_take(const KernelRequest& request) {
  return std::make_unique<TakeKernel>(request);
}
std::unique_ptr<Kernel> make_scatter_add(const KernelRequest& request) {
  return make_floating<ScatterAddKernel>("scatter_add", request);
}

TUTTI_KERNEL("take", DeviceKind::cpu, make_take);
TUTTI_KERNEL("scatter_add", DeviceKind::cpu, make_scatter_add);

}  // namespace
}  // namespace tutti::cpu
