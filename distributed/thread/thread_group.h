// What the ranks of a thread world share. A rank posts an operation in a slot of its own; its peers
// copy their messages straight out of its buffers and count them off.
#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "distributed/communicator.h"

namespace tutti {

// One per run_ranks(); worlds split from another share it.
class ThreadWorld {
 public:
  bool stopped() const { return stopped_.load(); }
  // Ends the world; the first error (null: none of its own) is kept.
  void stop(std::exception_ptr error);
  std::exception_ptr first_error();
  // A rank ends because of a peer, whose error is the one to show if there is any.
  void end_quietly(std::exception_ptr peer_failure);
  std::exception_ptr quiet_error();

 private:
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::exception_ptr first_, quiet_;
};

struct ThreadOperation {
  // Shared. `posted` is the operation's number, from 1; it publishes `out`.
  std::atomic<uint64_t> posted{0};
  std::atomic<int64_t> untaken{0};  // messages that peers have yet to copy
  std::atomic<int> readers{0};      // peers that look at `out` now
  std::vector<Outgoing> out;
  // The owner's alone.
  std::vector<Incoming> in;
  std::vector<int> awaited;  // peers whose messages are still to come
};

struct ThreadGroup {
  ThreadGroup(int size, std::shared_ptr<ThreadWorld> world);

  struct alignas(64) Rank {
    std::array<ThreadOperation, Communicator::max_in_flight> operations;
    std::atomic<bool> ended{false};
    // Meetings that it came to, and what it said at this one and the one before.
    std::atomic<uint64_t> met{0};
    std::array<bool, 2> votes{};
  };
  const int size;
  const std::shared_ptr<ThreadWorld> world;
  const std::unique_ptr<Rank[]> ranks;
  std::atomic<bool> revoked{false};

  // Hands an object from one rank to others: it stays alive whoever fails in between.
  uint64_t publish(std::shared_ptr<void> object);
  std::shared_ptr<void> published(uint64_t key);
  void withdraw(uint64_t key);
  // The group of the `size` ranks that are left, made by the first to ask after a meeting.
  std::shared_ptr<ThreadGroup> successor(uint64_t meeting, int size);

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, std::shared_ptr<ThreadGroup>> successors_;
  std::unordered_map<uint64_t, std::shared_ptr<void>> objects_;
  uint64_t last_key_ = 0;
};

}  // namespace tutti
