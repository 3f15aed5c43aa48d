#include "distributed/shared_memory/region.h"

#include <atomic>
#include <cstring>
#include <new>

#include "core/base/activity.h"
#include "distributed/shared_memory/backoff.h"

namespace tutti {
namespace {

constexpr size_t region_page = 4096;
size_t whole_pages(size_t bytes) { return (bytes + region_page - 1) / region_page * region_page; }

// How often a rank has arrived at the barrier, on a cache line of its own. Zero pages are valid
// ones.
struct alignas(64) Arrival {
  std::atomic<uint64_t> count;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

Arrival* arrivals_in(std::byte* memory) { return std::launder(reinterpret_cast<Arrival*>(memory)); }
size_t arrivals_bytes(int world) {
  return whole_pages(sizeof(Arrival) * static_cast<size_t>(world));
}

}  // namespace

size_t SharedRegion::memory_bytes(int world, size_t bytes) {
  return arrivals_bytes(world) + whole_pages(bytes) * static_cast<size_t>(world);
}

SharedRegion::SharedRegion(Communicator& communicator, std::shared_ptr<std::byte> memory,
                           size_t bytes)
    : communicator_(communicator),
      memory_(std::move(memory)),
      bytes_(bytes),
      stride_(whole_pages(bytes)) {}

std::byte* SharedRegion::at(int rank) const {
  return memory_.get() + arrivals_bytes(communicator_.size()) + stride_ * static_cast<size_t>(rank);
}

std::span<std::byte> SharedRegion::whole() const {
  return {at(0), stride_ * static_cast<size_t>(communicator_.size())};
}

bool SharedRegion::contains(const void* begin, size_t bytes) const {
  const auto first = reinterpret_cast<uintptr_t>(begin);
  const auto mine = reinterpret_cast<uintptr_t>(at(communicator_.rank()));
  return first >= mine && first <= mine + bytes_ && bytes <= mine + bytes_ - first;
}

void SharedRegion::barrier() {
  Arrival* arrivals = arrivals_in(memory_.get());
  const uint64_t turn = ++arrivals_;
  arrivals[communicator_.rank()].count.store(turn, std::memory_order_release);
  const auto arrived = [&](int peer) {
    return arrivals[peer].count.load(std::memory_order_acquire) >= turn;
  };
  Waiting waiting("barrier in shared memory");
  Backoff backoff(communicator_.deadline());
  for (int peer = 0; peer < communicator_.size(); ++peer) {
    while (!arrived(peer)) {
      if (!backoff.spinning()) {
        waiting.on(peer);
        communicator_.poll();
        if (communicator_.has_ended(peer) && !arrived(peer))
          fail_barrier(
              fmt::format("rank {} ended without its part in a barrier in shared memory; "
                          "make all ranks take part",
                          peer));
      }
      if (backoff.pause()) continue;
      std::vector<int> missing;
      for (int other = 0; other < communicator_.size(); ++other)
        if (!arrived(other)) missing.push_back(other);
      if (missing.empty()) return;
      fail_barrier(fmt::format(
          "{} did not reach a barrier in shared memory within {} ms; look for what stopped there",
          name_ranks(missing), communicator_.deadline().count()));
    }
  }
}

void SharedRegion::fail_barrier(const std::string& why) {
  if (communicator_.fault_tolerant()) communicator_.revoke();
  throw CommunicationError(fmt::format("[{}] {}", communicator_.name(), why));
}

std::shared_ptr<std::byte> zeroed_pages(size_t bytes) {
  constexpr std::align_val_t page{region_page};
  auto* memory = static_cast<std::byte*>(::operator new(bytes, page));
  std::memset(memory, 0, bytes);
  return {memory, [](std::byte* allocated) { ::operator delete(allocated, page); }};
}

}  // namespace tutti
