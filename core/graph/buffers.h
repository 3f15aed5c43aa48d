// The pieces of memory that a step's values live in: in the arena, inside one another, or
// elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/graph/memory_plan.h"

namespace tutti {

class Buffers {
 public:
  struct Buffer {
    size_t bytes = 0;
    void* fixed = nullptr;  // where it is, if not in the arena or inside another
    int parent = -1;        // the buffer that it is inside of, at `offset`
    size_t offset = 0;
    int64_t root_stride = 0;  // elements between roots of a partial
    int first = kForever, last = -1;
  };
  static constexpr int kForever = std::numeric_limits<int>::max();

  // The number of a new one.
  int add(size_t bytes, void* fixed = nullptr);
  Buffer& operator[](int buffer) { return all_[static_cast<size_t>(buffer)]; }
  const Buffer& operator[](int buffer) const { return all_[static_cast<size_t>(buffer)]; }

  // It, and what it is inside of, is used by kernel call `at`.
  void touch(int buffer, int at);
  // Of the arena: of all that are used, neither fixed nor inside others.
  MemoryPlan plan() const;
  // Fixes them as planned.
  void settle(const MemoryPlan& plan, std::byte* arena);
  void* address(int buffer) const;

 private:
  static bool in_arena(const Buffer& buffer);

  std::vector<Buffer> all_;
};

}  // namespace tutti
