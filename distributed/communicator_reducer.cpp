#include "distributed/communicator_reducer.h"

namespace tutti {
namespace {

PartialSums as_sums(const Reducer::Partials& partials) {
  return {partials.dtype, partials.data, partials.elements, partials.root_stride};
}

}  // namespace

TreeReduce& CommunicatorReducer::tree(int64_t shards) {
  const auto found = trees_.find(shards);
  if (found != trees_.end()) return found->second;
  return trees_.try_emplace(shards, communicator_, shards).first->second;
}

std::span<const int64_t> CommunicatorReducer::in_bytes(DType dtype, std::span<const int64_t> offsets) {
  byte_offsets_.assign(offsets.begin(), offsets.end());
  for (auto& offset : byte_offsets_) offset *= static_cast<int64_t>(size_of(dtype));
  return byte_offsets_;
}

void CommunicatorReducer::sum(const Partials& partials, void* out) {
  tree(partials.layout.shards).all_reduce(as_sums(partials), out);
}

void CommunicatorReducer::reduce_scatter(const Partials& partials, std::span<const int64_t> offsets,
                                         void* out) {
  tree(partials.layout.shards).reduce_scatter(as_sums(partials), offsets, out);
}

void CommunicatorReducer::all_gather(DType dtype, void* full, std::span<const int64_t> offsets) {
  const auto bytes = in_bytes(dtype, offsets);
  const auto rank = static_cast<size_t>(communicator_.rank());
  auto* base = static_cast<std::byte*>(full);
  const std::span<const std::byte> mine(base + bytes[rank], static_cast<size_t>(bytes[rank + 1] - bytes[rank]));
  communicator_.all_gather(mine, {base, static_cast<size_t>(bytes.back())}, bytes);
}

void CommunicatorReducer::gather(DType dtype, const void* mine, void* full, std::span<const int64_t> offsets) {
  const auto bytes = in_bytes(dtype, offsets);
  const auto rank = static_cast<size_t>(communicator_.rank());
  communicator_.all_gather({static_cast<const std::byte*>(mine), static_cast<size_t>(bytes[rank + 1] - bytes[rank])},
                           {static_cast<std::byte*>(full), static_cast<size_t>(bytes.back())}, bytes);
}

}  // namespace tutti
