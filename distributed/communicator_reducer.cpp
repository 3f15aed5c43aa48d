#include "distributed/communicator_reducer.h"

#include "core/base/fault_point.h"

namespace tutti {
namespace {

PartialSums as_sums(const Reducer::Partials& partials) {
  return {partials.dtype, partials.data, partials.elements, partials.root_stride};
}

}  // namespace

TreeReduce& CommunicatorReducer::tree(int64_t shards, const void* partials) {
  SharedRegion* region = nullptr;
  for (const auto& candidate : partials_)
    if (candidate->contains(partials, 1)) region = candidate.get();
  const std::pair<int64_t, const SharedRegion*> key(shards, region);
  const auto found = trees_.find(key);
  if (found != trees_.end()) return found->second;
  return trees_.try_emplace(key, communicator_, shards, region).first->second;
}

void* CommunicatorReducer::shared_partials(size_t bytes) {
  if (!share_memory_ || bytes == 0) return nullptr;
  auto region = communicator_.share(bytes);
  if (!region) return nullptr;
  partials_.push_back(std::move(region));
  return partials_.back()->at(rank());
}

void* CommunicatorReducer::shared_parameters(size_t bytes) {
  if (!share_memory_ || bytes == 0) return nullptr;
  const auto ranks = static_cast<size_t>(world());
  auto region = communicator_.share((bytes + ranks - 1) / ranks);
  if (!region) return nullptr;
  parameters_.push_back(std::move(region));
  return parameters_.back()->whole().data();
}

std::span<const int64_t> CommunicatorReducer::in_bytes(DType dtype,
                                                       std::span<const int64_t> offsets) {
  byte_offsets_.assign(offsets.begin(), offsets.end());
  for (auto& offset : byte_offsets_) offset *= static_cast<int64_t>(size_of(dtype));
  return byte_offsets_;
}

void CommunicatorReducer::sum(const Partials& partials, void* out) {
  tree(partials.layout.shards, partials.data).all_reduce(as_sums(partials), out);
}

void CommunicatorReducer::reduce_scatter(const Partials& partials, std::span<const int64_t> offsets,
                                         void* out) {
  fault_point("collective/reduce_scatter");
  tree(partials.layout.shards, partials.data).reduce_scatter(as_sums(partials), offsets, out);
}

void CommunicatorReducer::all_gather(DType dtype, void* full, std::span<const int64_t> offsets) {
  fault_point("collective/all_gather");
  for (const auto& region : parameters_)
    if (full == region->whole().data()) return region->barrier();
  const auto bytes = in_bytes(dtype, offsets);
  const auto rank = static_cast<size_t>(communicator_.rank());
  auto* base = static_cast<std::byte*>(full);
  const std::span<const std::byte> mine(base + bytes[rank],
                                        static_cast<size_t>(bytes[rank + 1] - bytes[rank]));
  communicator_.all_gather(mine, {base, static_cast<size_t>(bytes.back())}, bytes);
}

void CommunicatorReducer::gather(DType dtype, const void* mine, void* full,
                                 std::span<const int64_t> offsets) {
  const auto bytes = in_bytes(dtype, offsets);
  const auto rank = static_cast<size_t>(communicator_.rank());
  communicator_.all_gather(
      {static_cast<const std::byte*>(mine), static_cast<size_t>(bytes[rank + 1] - bytes[rank])},
      {static_cast<std::byte*>(full), static_cast<size_t>(bytes.back())}, bytes);
}

}  // namespace tutti
