#include "core/model/memory_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/hash.h"
#include "core/graph/kernel.h"

namespace tutti {
namespace {

// gradient shares -> a same f64 scalar: how many blocks are wrong. It takes the gradients so that
// it runs when they are there.
class CheckMemoryOp final : public Op {
 public:
  explicit CheckMemoryOp(std::shared_ptr<MemoryGuard> guard) : guard_(std::move(guard)) {}
  std::string_view name() const override { return "check_memory"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override {
    return {{DType::f64, Shape{}, ValueKind::same}};
  }
  bool pure() const override { return false; }
  bool collective() const override { return true; }
  MemoryGuard& guard() const { return *guard_; }

 private:
  std::shared_ptr<MemoryGuard> guard_;
};

size_t bytes_of(const ParameterGroup& group, int64_t elements) {
  return static_cast<size_t>(elements) * size_of(group.dtype());
}

}  // namespace

class CheckMemoryKernel final : public Kernel {
 public:
  explicit CheckMemoryKernel(const KernelRequest& request)
      : guard_(&static_cast<const CheckMemoryOp*>(request.op)->guard()),
        reducer_(request.reducer) {}
  int64_t phases() const override { return 3; }
  int64_t tiles_of(int64_t phase) const override { return phase == 1 ? MemoryGuard::kTiles : 1; }
  void run(const KernelCall& call, int64_t tile) const override {
    if (call.phase == 0)
      guard_->exchange_hashes(*reducer_);
    else if (call.phase == 1)
      guard_->compare(tile);
    else
      *static_cast<double*>(call.outputs[0]) = guard_->exchange_reports(*reducer_);
  }

 private:
  MemoryGuard* guard_;
  Reducer* reducer_;
};

TUTTI_KERNEL("check_memory", DeviceKind::cpu, [](const KernelRequest& request) {
  return std::make_unique<CheckMemoryKernel>(request);
});

Value MemoryGuard::check(const Trace& trace, const std::vector<VariablePtr>& state) {
  find_regions(trace, state);
  std::vector<Value> gradients;
  for (const auto& [group, share] : trace.gradients()) gradients.push_back(share);
  return make_node(std::make_shared<CheckMemoryOp>(shared_from_this()), gradients);
}

void MemoryGuard::find_regions(const Trace& trace, const std::vector<VariablePtr>& state) {
  forget();
  regions_.clear();
  groups_.clear();
  rank_ = current_world().rank();
  const auto add = [&](std::string name, const Tensor& tensor, int64_t first) {
    if (tensor.device().kind() != DeviceKind::cpu)
      fail(ExitCode::missing, "fit", "check_memory looks at the memory of CPUs; leave it out");
    const size_t width = size_of(tensor.dtype());
    regions_.push_back({std::move(name), tensor.raw(), tensor.bytes(),
                        static_cast<size_t>(kBlockElements) * width, first, width});
  };
  for (const auto& noted : trace.gradients()) {
    if (std::ranges::find(groups_, noted.group) != groups_.end()) continue;
    const Range share = noted.group->share();
    add("", noted.group->flat().slice_rows(share.begin, share.end), share.begin);
    groups_.push_back(noted.group);
  }
  for (const auto& variable : state)
    if (variable->kind() == ValueKind::share) add(variable->name(), variable->value(), 0);
  hashes_.clear();
  for (const auto& region : regions_) hashes_.emplace_back(region.blocks());
  copied_.clear();
  for (const auto& group : groups_) copied_.emplace_back(group->blocks().size() - 1);
}

uint64_t MemoryGuard::hash_of(const Region& region, size_t block) {
  const size_t begin = block * region.block;
  return hash64(region.data + begin, std::min(region.block, region.bytes - begin));
}

// Those whose turn it is, and of them the tile's part.
template <typename Visit>
void MemoryGuard::for_own_blocks(int64_t tile, const Visit& visit) {
  int64_t at = 0;
  for (size_t r = 0; r < regions_.size(); ++r)
    for (size_t block = 0; block < hashes_[r].size(); ++block, ++at)
      if (at % every_ == turn_ % every_ && at / every_ % kTiles == tile) visit(r, block);
}

template <typename Visit>
void MemoryGuard::for_copied_blocks(const ParameterGroup& group, const Visit& visit) const {
  const auto& blocks = group.blocks();
  for (size_t b = static_cast<size_t>(turn_ % kCopies); b + 1 < blocks.size();
       b += static_cast<size_t>(kCopies))
    visit(b, group.flat().raw() + bytes_of(group, blocks[b]),
          bytes_of(group, blocks[b + 1] - blocks[b]));
}

void MemoryGuard::note() {
  ++turn_;
  const auto note_tile = [&](int64_t tile) {
    for_own_blocks(tile, [&](size_t region, size_t block) {
      hashes_[region][block] = hash_of(regions_[region], block);
    });
  };
  if (const auto& pool = current_world().pool)
    pool->run(kTiles, note_tile);
  else
    for (int64_t tile = 0; tile < kTiles; ++tile) note_tile(tile);
  for (size_t g = 0; g < groups_.size() && groups_[g]->world() > 1; ++g) {
    const Range share = groups_[g]->share();
    for_copied_blocks(*groups_[g], [&](size_t b, const std::byte* data, size_t bytes) {
      const int64_t begin = groups_[g]->blocks()[b];
      if (begin >= share.begin && begin < share.end) copied_[g][b] = hash64(data, bytes);
    });
  }
  noted_ = true;
}

void MemoryGuard::forget() {
  noted_ = false;
  report_ = {};
  reports_.clear();
}

// The owners' hashes of the blocks whose turn it is.
void MemoryGuard::exchange_hashes(Reducer& reducer) {
  report_ = {};
  if (!noted_) return;
  for (size_t g = 0; g < groups_.size() && groups_[g]->world() > 1; ++g) {
    const auto& shares = groups_[g]->shares();
    std::vector<int64_t> offsets(shares.size(), 0);
    std::vector<uint64_t> hashes;
    for_copied_blocks(*groups_[g], [&](size_t b, const std::byte*, size_t) {
      hashes.push_back(copied_[g][b]);
      const int64_t begin = groups_[g]->blocks()[b];
      for (size_t r = 1; r < shares.size(); ++r) offsets[r] += begin < shares[r];
    });
    reducer.all_gather(DType::i64, hashes.data(), offsets);
    size_t next = 0;
    for_copied_blocks(*groups_[g],
                      [&](size_t b, const std::byte*, size_t) { copied_[g][b] = hashes[next++]; });
  }
}

void MemoryGuard::compare(int64_t tile) {
  if (!noted_) return;
  for_own_blocks(tile, [&](size_t region, size_t block) {
    const Region& where = regions_[region];
    if (hash_of(where, block) != hashes_[region][block])
      found({1, 1, static_cast<int64_t>(region),
             where.first + static_cast<int64_t>(block * where.block / where.width)});
  });
  if (tile == 0)
    for (size_t g = 0; g < groups_.size() && groups_[g]->world() > 1; ++g) compare_copies(g);
}

void MemoryGuard::compare_copies(size_t g) {
  const Range share = groups_[g]->share();
  for_copied_blocks(*groups_[g], [&](size_t b, const std::byte* data, size_t bytes) {
    const int64_t begin = groups_[g]->blocks()[b];
    if (begin >= share.begin && begin < share.end) return;
    if (hash64(data, bytes) != copied_[g][b]) found({1, 0, static_cast<int64_t>(g), begin});
  });
}

void MemoryGuard::found(const Report& report) {
  const std::lock_guard lock(mutex_);
  if (report_.wrong++ == 0 || report.region < report_.region ||
      (report.region == report_.region && report.element < report_.element)) {
    const int64_t wrong = report_.wrong;
    report_ = report;
    report_.wrong = wrong;
  }
}

double MemoryGuard::exchange_reports(Reducer& reducer) {
  reports_.assign(static_cast<size_t>(reducer.world()), report_);
  if (reducer.world() > 1) {
    std::vector<int64_t> offsets;
    for (int r = 0; r <= reducer.world(); ++r)
      offsets.push_back(r * static_cast<int64_t>(sizeof(Report) / sizeof(int64_t)));
    reducer.gather(DType::i64, &report_, reports_.data(), offsets);
  }
  double wrong = 0;
  for (const auto& report : reports_) wrong += static_cast<double>(report.wrong);
  return wrong;
}

void MemoryGuard::require_whole() const {
  const auto found =
      std::ranges::find_if(reports_, [](const Report& report) { return report.wrong > 0; });
  if (found == reports_.end()) return;
  const auto region = static_cast<size_t>(found->region);
  std::string name = regions_[region].name;
  if (region < groups_.size()) {
    const auto& offsets = groups_[region]->offsets();
    const auto next = std::upper_bound(offsets.begin(), offsets.end(), found->element);
    name = groups_[region]->variables()[static_cast<size_t>(next - offsets.begin() - 1)]->name();
  }
  const auto rank = static_cast<int>(found - reports_.begin());
  throw MemoryCorruption(
      fmt::format("[fit] the memory of rank {} changed by itself: {} block{} of {} elements, the "
                  "first in '{}'{}; go on from a saved state (--resume) without that machine, and "
                  "test its memory",
                  rank, found->wrong, found->wrong == 1 ? "" : "s", kBlockElements, name,
                  found->own != 0 ? "" : " as received from its owner"),
      rank);
}

}  // namespace tutti
