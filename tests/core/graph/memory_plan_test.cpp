// The arena: buffers that live together never overlap, others share memory.
#include "core/graph/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tutti {
namespace {

size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

TEST(MemoryPlan, BuffersThatLiveTogetherAreApart) {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<BufferLife> lives(60);
    for (auto& life : lives) {
      life.bytes = random() % 5000;
      life.first = static_cast<int>(random() % 100);
      life.last = life.first + static_cast<int>(random() % 20);
    }
    const MemoryPlan plan = plan_memory(lives);
    ASSERT_EQ(plan.offsets.size(), lives.size());
    size_t most = 0;
    for (int call = 0; call < 120; ++call) {
      size_t alive = 0;
      for (const auto& life : lives)
        if (life.first <= call && call <= life.last) alive += rounded(life.bytes);
      most = std::max(most, alive);
    }
    EXPECT_GE(plan.bytes, most) << "less memory than one call needs";
    EXPECT_LE(plan.bytes, 2 * most);
    for (size_t i = 0; i < lives.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % 64, 0u);
      EXPECT_LE(plan.offsets[i] + lives[i].bytes, plan.bytes);
      for (size_t j = 0; j < i; ++j) {
        const bool together = lives[i].first <= lives[j].last && lives[j].first <= lives[i].last;
        const bool apart = plan.offsets[i] + lives[i].bytes <= plan.offsets[j] ||
                           plan.offsets[j] + lives[j].bytes <= plan.offsets[i];
        EXPECT_TRUE(!together || apart) << i << " and " << j;
      }
    }
  }
}

TEST(MemoryPlan, ABufferWhoseLifeIsOverGivesItsMemory) {
  const MemoryPlan plan = plan_memory({{1000, 0, 1}, {1000, 2, 3}, {1000, 1, 2}});
  EXPECT_EQ(plan.bytes, 2048u);
  EXPECT_EQ(plan.offsets[0], plan.offsets[1]);
}

}  // namespace
}  // namespace tutti
