#include "core/graph/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace tutti {

MemoryPlan plan_memory(const std::vector<BufferLife>& lives) {
  constexpr size_t kAlign = 64;
  std::vector<size_t> order(lives.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lives[a].bytes > lives[b].bytes; });
  MemoryPlan plan;
  plan.offsets.assign(lives.size(), 0);
  std::vector<size_t> placed;  // by offset
  for (const size_t i : order) {
    const size_t bytes = (lives[i].bytes + kAlign - 1) / kAlign * kAlign;
    size_t at = 0;
    for (const size_t j : placed) {
      const bool apart = lives[j].last < lives[i].first || lives[i].last < lives[j].first;
      if (apart) continue;
      if (plan.offsets[j] >= at + bytes) break;
      at = std::max(at, plan.offsets[j] + (lives[j].bytes + kAlign - 1) / kAlign * kAlign);
    }
    plan.offsets[i] = at;
    plan.bytes = std::max(plan.bytes, at + bytes);
    const auto behind =
        std::upper_bound(placed.begin(), placed.end(), at,
                         [&](size_t offset, size_t j) { return offset < plan.offsets[j]; });
    placed.insert(behind, i);
  }
  return plan;
}

}  // namespace tutti
