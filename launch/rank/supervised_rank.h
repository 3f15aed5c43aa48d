// A rank that `tutti launch` started: a thread of it tells its supervisor how far it is, ends it
// when nobody has heard from the judge for too long, and passes on what the judge decides.
#pragma once

#include <time.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "distributed/communicator.h"
#include "launch/supervise/rank_page.h"

namespace tutti {

class SupervisedRank {
 public:
  // Null unless a supervisor started this process. Throws Error (world) if its word cannot be read.
  static std::unique_ptr<SupervisedRank> join();
  explicit SupervisedRank(supervise::RankPage page);
  ~SupervisedRank();
  SupervisedRank(const SupervisedRank&) = delete;

  uint64_t job() const { return page_.job(); }
  // The world that this rank is in, and its host there; after enter().
  const std::shared_ptr<const membership::World>& world() const { return world_; }
  const std::string& host() const;

  // Waits for the first world of a rank of this number, or, after it, for one that is as new as
  // `generation`. Throws Error (world) if this rank has no place in it.
  void enter(int rank);
  void enter_newer(membership::Generation generation);
  // Through which the rank meets the others: interrupted when the judge wants another world; null
  // for none. Where the world cannot go on in place this process ends instead.
  void meets_through(Communicator* communicator);
  bool outdated() const;  // the judge wants another world

  void set_ready();
  void set_commit(const membership::CommitProgress& commit);
  // What this rank holds is wrong, so that all have to go back: the judge will want another world.
  void distrust(const std::string& what);
  // Waits until it does. Where the world cannot go on in place this process ends then.
  void await_newer();
  membership::Decision decision() const;  // in this world
  // The digest of what was trained, once all is written: returns when all ranks have said theirs.
  // Throws CommunicationError when the judge wants another world to do so.
  void finish(uint64_t digest);

 private:
  void watch();
  void look();
  void take_orders();
  void change(const std::function<void()>& edit);
  void enter(const supervise::RankOrders& orders, const membership::MemberId& member);
  supervise::RankOrders await(membership::Generation generation);

  supervise::RankPage page_;
  std::shared_ptr<const membership::World> world_;  // of the thread that trains
  membership::MemberId member_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  supervise::RankOrders orders_;
  membership::RankState state_;
  Communicator* communicator_ = nullptr;
  uint64_t orders_read_ = 0;
  bool news_ = false, ending_ = false;
  clockid_t worked_;  // of the thread that trains: the processor time that it took
  std::thread watchdog_;
};

}  // namespace tutti
