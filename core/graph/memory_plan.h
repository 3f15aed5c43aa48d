// Where each buffer of a step lives in one arena. Buffers whose lives do not meet share memory.
#pragma once

#include <cstddef>
#include <vector>

namespace tutti {

struct BufferLife {
  size_t bytes = 0;
  int first = 0, last = 0;  // kernel calls, both included
};

struct MemoryPlan {
  std::vector<size_t> offsets;  // 64-byte aligned, one per buffer
  size_t bytes = 0;
};

// Largest first, each at the lowest place that is free for its whole life.
MemoryPlan plan_memory(const std::vector<BufferLife>& lives);

}  // namespace tutti
