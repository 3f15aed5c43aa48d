#include "core/graph/buffers.h"

#include <algorithm>

namespace tutti {

int Buffers::add(size_t bytes, void* fixed) {
  all_.emplace_back();
  all_.back().bytes = bytes;
  all_.back().fixed = fixed;
  return static_cast<int>(all_.size()) - 1;
}

void Buffers::touch(int buffer, int at) {
  for (int b = buffer; b >= 0; b = (*this)[b].parent) {
    Buffer& info = (*this)[b];
    info.first = std::min(info.first, at);
    info.last = std::max(info.last, at);
  }
}

bool Buffers::in_arena(const Buffer& buffer) {
  return !buffer.fixed && buffer.parent < 0 && buffer.last >= 0;
}

MemoryPlan Buffers::plan() const {
  std::vector<BufferLife> lives;
  for (const Buffer& buffer : all_)
    if (in_arena(buffer)) lives.push_back({buffer.bytes, buffer.first, buffer.last});
  return plan_memory(lives);
}

void Buffers::settle(const MemoryPlan& plan, std::byte* arena) {
  auto offset = plan.offsets.begin();
  for (Buffer& buffer : all_)
    if (in_arena(buffer)) buffer.fixed = arena + *offset++;
}

void* Buffers::address(int buffer) const {
  const Buffer& info = (*this)[buffer];
  if (info.parent < 0 || info.fixed) return info.fixed;
  return static_cast<std::byte*>(address(info.parent)) + info.offset;
}

}  // namespace tutti
