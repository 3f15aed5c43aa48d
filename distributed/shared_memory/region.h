// SharedRegion: memory that all ranks of one host see, an equal part for each rank, and a barrier.
// Ranks exchange gradients by reading each other's parts, and share parameters by reading one copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "distributed/communicator.h"

namespace tutti {

class SharedRegion {
 public:
  // Bytes to allocate, zeroed, for `world` parts of `bytes` and what the barrier needs.
  static size_t memory_bytes(int world, size_t bytes);
  // `memory` is the same memory on all ranks of `communicator`; made by Communicator::share().
  SharedRegion(Communicator& communicator, std::shared_ptr<std::byte> memory, size_t bytes);
  SharedRegion(const SharedRegion&) = delete;
  SharedRegion& operator=(const SharedRegion&) = delete;

  size_t bytes() const { return bytes_; }                // of each part, as asked for
  std::byte* at(int rank) const;                         // a rank's part, on a page of its own
  std::span<std::byte> whole() const;                    // all parts, one after the other
  bool contains(const void* begin, size_t bytes) const;  // within this rank's part

  // Returns when all ranks have called it; what they wrote before is then visible. Throws
  // PeerFailure when the world stops, and a CommunicationError naming the missing ranks after the
  // deadline, or once one of them has ended.
  void barrier();

 private:
  [[noreturn]] void fail_barrier(const std::string& why);

  Communicator& communicator_;
  std::shared_ptr<std::byte> memory_;
  size_t bytes_, stride_;
  uint64_t arrivals_ = 0;  // of this rank
};

// Memory for ranks that live in one process: zeroed, on a page boundary, freed with the pointer.
std::shared_ptr<std::byte> zeroed_pages(size_t bytes);

}  // namespace tutti
