// What a supervisor and its rank tell each other: memory that the rank inherits by descriptor. In
// each direction the newest word counts and the one before is overwritten; what a rank said last
// can be read when it is dead.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "distributed/membership/message.h"

namespace tutti::supervise {

// To the rank.
struct RankOrders {
  std::shared_ptr<const membership::World> world;  // that it is to be in
  membership::Directive directive = membership::Directive::train;
  membership::Decision decision = {};  // in that world
};

// One thread at a time calls tell(), one say(); all else may be called on any.
class RankPage {
 public:
  // Where a rank finds the number of the descriptor.
  static constexpr const char* variable = "TUTTI_RANK_PAGE";

  // `job`: its nonce. Throws Error (missing) where there is no memory for it.
  static RankPage make(uint64_t job);
  static RankPage open(int descriptor);  // Throws Error (world) unless it is one.
  RankPage(RankPage&&) noexcept;
  ~RankPage();

  uint64_t job() const;
  int descriptor() const { return descriptor_; }  // closed with this object

  // The supervisor's. Throws Error (world) for a world of too many ranks to be told.
  void tell(const RankOrders& orders);
  void set_lease(std::chrono::steady_clock::time_point end);
  uint64_t words() const;                              // that the rank said so far
  std::optional<membership::RankState> heard() const;  // the newest

  // The rank's.
  void say(const membership::RankState& state);
  uint64_t orders() const;                 // that it was given so far
  std::optional<RankOrders> told() const;  // the newest
  std::chrono::steady_clock::time_point lease() const;
  // Waits until tell() or ring() has been called since rings() was read, or for so long at most.
  uint32_t rings() const;
  void ring();
  void await_ring(uint32_t rings, std::chrono::milliseconds most) const;

  // Steps done, which the rank counts here as it goes: what heard() says is never behind.
  std::atomic<int64_t>& step() const;

 private:
  struct Page;
  RankPage(int descriptor, Page* page) : descriptor_(descriptor), page_(page) {}

  int descriptor_ = -1;
  Page* page_ = nullptr;
};

}  // namespace tutti::supervise
