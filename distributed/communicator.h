// Communicator: how the ranks of one world exchange bytes. A backend implements one verb, exchange;
// broadcast, all-gather, barrier and agree are made of it.
//
// Every call is collective: all ranks make the same calls in the same order (waits may come in any
// order). One thread at a time uses a Communicator. Any wait that lasts longer than the deadline
// throws a CommunicationError that names the ranks that are missing. Nothing allocates after the
// first steps of a steady pattern.
//
// Where a world is fault tolerant, ranks that are left can go on without a lost one: an operation
// that throws a CommunicationError has revoked the world, so all of them notice; each then calls
// shrink() and uses the world that it returns.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/registry.h"

namespace tutti {

class Communicator;
class SharedRegion;

// Another rank failed first and its message is, or will be, the one that is shown: end quietly.
class PeerFailure : public CommunicationError {
 public:
  using CommunicationError::CommunicationError;
};

struct Outgoing {
  int peer = 0;
  std::span<const std::byte> bytes;
};
struct Incoming {
  int peer = 0;
  std::span<std::byte> bytes;
};

// An operation under way. Its buffers belong to it until wait() returns; destroyed without wait(),
// it gives the operation up, and with it the world.
class [[nodiscard]] Request {
 public:
  Request() = default;
  Request(Communicator* owner, uint64_t ticket) : owner_(owner), ticket_(ticket) {}
  Request(Request&& other) noexcept;
  Request& operator=(Request&& other) noexcept;
  ~Request();
  void wait();

 private:
  Communicator* owner_ = nullptr;
  uint64_t ticket_ = 0;
};

class Communicator {
 public:
  using Duration = std::chrono::milliseconds;
  static constexpr int max_in_flight = 64;  // operations started and not yet waited for

  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual std::string_view name() const = 0;  // "self", "thread", "mpi"

  // Messages between two ranks are matched in the order in which the lists name them; their sizes
  // must agree. A message to oneself is a copy. The lists are read before the call returns.
  virtual Request start_exchange(std::span<const Outgoing> out, std::span<const Incoming> in) = 0;
  virtual Request start_broadcast(std::span<std::byte> data, int root);
  // Rank r's `mine` to bytes [offsets[r], offsets[r + 1]) of everyone's `full`; `mine` may be that
  // place. offsets: size() + 1 entries, the same on all ranks.
  Request start_all_gather(std::span<const std::byte> mine, std::span<std::byte> full,
                           std::span<const int64_t> offsets);

  void exchange(std::span<const Outgoing> out, std::span<const Incoming> in);
  void broadcast(std::span<std::byte> data, int root);
  void all_gather(std::span<const std::byte> mine, std::span<std::byte> full,
                  std::span<const int64_t> offsets);
  void barrier();
  // True if it is true on all ranks. In a fault tolerant world: on all that are left, even when the
  // world was revoked, and all that are left learn the same.
  virtual bool agree(bool mine);

  // Whether ranks that are left can go on without a lost one; where not, the next two throw a
  // CommunicationError that says what would make it so.
  virtual bool fault_tolerant() const { return false; }
  // Not collective: this world's operations, under way or to come, throw a CommunicationError on
  // all ranks; only agree() and shrink() go on.
  virtual void revoke();
  // The world of the ranks that are left, in their order; the calls of all of them meet.
  virtual std::unique_ptr<Communicator> shrink();

  // Ranks that name the same color form a new world, in the order of (key, rank).
  virtual std::unique_ptr<Communicator> split(int color, int key) = 0;

  // Zeroed memory, `bytes` for each rank, which all ranks see; null (on all ranks) when they are
  // not on one host or the host has no room for it. It must not outlive the Communicator.
  virtual std::unique_ptr<SharedRegion> share(size_t bytes) = 0;

  // This rank failed: end the world within seconds with one message, that of the first to call.
  // Ranks that are processes print it to stderr and end with the error's exit code; where ranks are
  // threads it returns, peers throw PeerFailure from their waits, and run_ranks() throws the error.
  virtual void abort(const Error& error) = 0;

  // Whether a rank has ended its part in this world: nothing more comes from it.
  virtual bool has_ended(int rank) const = 0;

  // To be called now and then in waits outside this class: lets messages progress, and throws
  // PeerFailure once another rank has failed.
  virtual void poll() = 0;

  // From any thread: waits under way, and to come, throw a CommunicationError on this rank.
  void interrupt() { interrupted_.store(true, std::memory_order_relaxed); }

  Duration deadline() const { return deadline_; }
  void set_deadline(Duration deadline) { deadline_ = deadline; }

 protected:
  friend class Request;
  virtual void wait_for(uint64_t ticket) = 0;
  virtual void give_up(uint64_t ticket) noexcept = 0;
  void check_root(int root) const;
  void stop_if_interrupted() const;  // to be asked by waits
  // What makes a world of this kind fault tolerant, for the errors of revoke() and shrink().
  virtual std::string_view fault_tolerance_remedy() const { return "start again"; }

 private:
  [[noreturn]] void fail_intolerant(std::string_view verb) const;
  bool vote(bool mine);

  Duration deadline_ = std::chrono::seconds(60);
  std::atomic<bool> interrupted_{false};
  std::vector<Outgoing> outgoing_;  // lists of the operations built here, kept for their capacity
  std::vector<Incoming> incoming_;
  std::vector<std::byte> votes_;
  std::vector<int64_t> vote_offsets_;
};

// Copies the messages that `rank` sends to itself.
void copy_own_messages(int rank, std::span<const Outgoing> out, std::span<const Incoming> in);
// "rank 3", "ranks 1, 2 and 5": for messages.
std::string name_ranks(std::span<const int> ranks);

// A backend enters itself in the registry as a kind of this category.
class CommunicatorBackend : public Configurable {
 public:
  static constexpr const char* category = "communicator";
  // How well it fits the way in which this thread or process was started: 0 not at all; the highest
  // wins.
  virtual int preference() const = 0;
  virtual std::unique_ptr<Communicator> join() const = 0;
};

// The world this thread or process was started in: the ranks of run_ranks(), of mpirun or srun, or
// itself alone.
std::unique_ptr<Communicator> join_world();

}  // namespace tutti
