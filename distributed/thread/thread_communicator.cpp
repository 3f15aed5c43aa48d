#include "distributed/thread/thread_communicator.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "core/base/activity.h"
#include "distributed/said_by_all.h"
#include "distributed/shared_memory/backoff.h"
#include "distributed/shared_memory/region.h"
#include "distributed/thread/thread_group.h"

namespace tutti {
namespace {

constexpr const char* thread_world_stopped = "[thread] another rank failed; see its message";

class ThreadCommunicator : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<ThreadGroup> group, int rank)
      : group_(std::move(group)), rank_(rank) {}
  ~ThreadCommunicator() override { group_->ranks[rank_].ended.store(true); }

  int rank() const override { return rank_; }
  int size() const override { return group_->size; }
  std::string_view name() const override { return "thread"; }

  Request start_exchange(std::span<const Outgoing> out, std::span<const Incoming> in) override;
  std::unique_ptr<Communicator> split(int color, int key) override;
  std::unique_ptr<SharedRegion> share(size_t bytes) override;
  void abort(const Error& error) override { group_->world->stop(std::make_exception_ptr(error)); }
  void poll() override {
    stop_if_interrupted();
    if (group_->world->stopped()) throw PeerFailure(thread_world_stopped);
    if (group_->revoked) throw PeerFailure("[thread] this world was revoked; go on in shrink()'s");
  }
  bool has_ended(int rank) const override { return group_->ranks[rank].ended.load(); }
  bool agree(bool mine) override;
  bool fault_tolerant() const override { return true; }
  void revoke() override { group_->revoked = true; }
  std::unique_ptr<Communicator> shrink() override;

 protected:
  void wait_for(uint64_t ticket) override;
  void give_up(uint64_t) noexcept override {
    if (!group_->revoked) group_->world->stop(nullptr);
    quiesce();
  }

 private:
  ThreadOperation& operation(int rank, uint64_t ticket) const {
    return group_->ranks[rank].operations[ticket % max_in_flight];
  }
  std::unique_ptr<Communicator> place_in(std::shared_ptr<ThreadGroup> group, int rank) const {
    auto communicator = std::make_unique<ThreadCommunicator>(std::move(group), rank);
    communicator->set_deadline(deadline());
    return communicator;
  }
  std::vector<int> meet(bool vote);
  bool comes(int peer);
  bool complete(uint64_t ticket) const {
    const ThreadOperation& mine = operation(rank_, ticket);
    return mine.awaited.empty() && mine.untaken.load(std::memory_order_acquire) == 0;
  }
  void progress();
  bool take_from(int peer, uint64_t ticket);
  void copy_messages(int peer, ThreadOperation& theirs, ThreadOperation& mine);
  [[noreturn]] void fail_late(uint64_t ticket) const;
  void quiesce() noexcept;

  std::shared_ptr<ThreadGroup> group_;
  int rank_;
  uint64_t last_ = 0;    // operations started
  uint64_t oldest_ = 1;  // all before it are complete
  uint64_t meetings_ = 0;
};

Request ThreadCommunicator::start_exchange(std::span<const Outgoing> out,
                                           std::span<const Incoming> in) {
  poll();
  copy_own_messages(rank_, out, in);
  if (last_ + 1 - oldest_ >= max_in_flight)
    fail(ExitCode::internal, "thread", "{} operations under way; wait() for some", max_in_flight);
  const uint64_t ticket = ++last_;
  ThreadOperation& mine = operation(rank_, ticket);
  mine.out.assign(out.begin(), out.end());
  mine.in.assign(in.begin(), in.end());
  mine.awaited.clear();
  for (const Incoming& message : in)
    if (message.peer != rank_ &&
        std::ranges::find(mine.awaited, message.peer) == mine.awaited.end())
      mine.awaited.push_back(message.peer);
  mine.untaken.store(
      std::ranges::count_if(out, [&](const Outgoing& o) { return o.peer != rank_; }));
  mine.posted.store(ticket, std::memory_order_release);
  return {this, ticket};
}

// All operations under way move on, whichever is waited for: ranks may wait in different orders.
void ThreadCommunicator::progress() {
  for (uint64_t ticket = oldest_; ticket <= last_; ++ticket) {
    auto& awaited = operation(rank_, ticket).awaited;
    std::erase_if(awaited, [&](int peer) { return take_from(peer, ticket); });
    if (ticket == oldest_ && complete(ticket)) ++oldest_;
  }
}

bool ThreadCommunicator::take_from(int peer, uint64_t ticket) {
  ThreadOperation& theirs = operation(peer, ticket);
  const bool ended = has_ended(peer);
  const uint64_t posted = theirs.posted.load(std::memory_order_acquire);
  if (posted < ticket) {
    if (!ended) return false;
    poll();
    throw CommunicationError(
        fmt::format("[thread] rank {} ended without its part in operation {} of rank {}; make all "
                    "ranks take part",
                    peer, ticket, rank_));
  }
  // A reader announces itself before it looks at the stop flag; a rank that leaves sets the flag
  // before it looks for readers. So none of them copies from a buffer that is gone.
  theirs.readers.fetch_add(1);
  struct Leave {
    ThreadOperation& operation;
    ~Leave() { operation.readers.fetch_sub(1); }
  } leave{theirs};
  poll();
  if (posted > ticket)
    fail(ExitCode::internal, "thread",
         "rank {} sends nothing to rank {}, which waits for it; make "
         "the ranks' calls agree",
         peer, rank_);
  copy_messages(peer, theirs, operation(rank_, ticket));
  return true;
}

void ThreadCommunicator::copy_messages(int peer, ThreadOperation& theirs, ThreadOperation& mine) {
  auto from = theirs.out.begin();
  int64_t copied = 0;
  for (const Incoming& to : mine.in) {
    if (to.peer != peer) continue;
    from = std::find_if(from, theirs.out.end(), [&](const Outgoing& o) { return o.peer == rank_; });
    if (from == theirs.out.end() || from->bytes.size() != to.bytes.size())
      fail(ExitCode::internal, "thread",
           "rank {} expects {} bytes from rank {}, which sends {}; make the ranks' calls agree",
           rank_, to.bytes.size(), peer,
           from == theirs.out.end() ? "no more" : std::to_string(from->bytes.size()));
    if (!to.bytes.empty()) std::memcpy(to.bytes.data(), from->bytes.data(), to.bytes.size());
    note_bytes(to.bytes.size());
    ++from, ++copied;
  }
  theirs.untaken.fetch_sub(copied, std::memory_order_release);
}

void ThreadCommunicator::wait_for(uint64_t ticket) {
  Waiting waiting("exchange");
  try {
    Backoff backoff(deadline());
    for (;;) {
      progress();
      if (ticket < oldest_ || complete(ticket)) return;
      if (const auto& awaited = operation(rank_, ticket).awaited; !awaited.empty())
        waiting.on(awaited.front());
      poll();
      if (!backoff.pause()) fail_late(ticket);
    }
  } catch (const PeerFailure&) {
    quiesce();
    throw;
  } catch (const CommunicationError&) {
    revoke();
    quiesce();
    throw;
  } catch (...) {
    group_->world->stop(std::current_exception());
    quiesce();
    throw;
  }
}

void ThreadCommunicator::fail_late(uint64_t ticket) const {
  const ThreadOperation& mine = operation(rank_, ticket);
  std::vector<int> missing = mine.awaited;
  // A peer that has all of this rank's messages may still be the one that did not take them.
  if (missing.empty())
    for (const Outgoing& message : mine.out)
      if (message.peer != rank_ && operation(message.peer, ticket).posted.load() < ticket)
        missing.push_back(message.peer);
  throw CommunicationError(
      fmt::format("[thread] rank {} waited {} ms for {}; look for what stopped there", rank_,
                  deadline().count(),
                  missing.empty() ? "its peers to take its messages" : name_ranks(missing)));
}

// Once the world is stopped or revoked: waits until nobody reads this rank's buffers.
void ThreadCommunicator::quiesce() noexcept {
  for (const ThreadOperation& mine : group_->ranks[rank_].operations)
    while (mine.readers.load() != 0) std::this_thread::yield();
}

std::unique_ptr<Communicator> ThreadCommunicator::split(int color, int key) {
  struct Choice {
    int color, key, rank;
  };
  std::vector<Choice> members = said_by_all(*this, Choice{color, key, rank_});
  std::erase_if(members, [&](const Choice& c) { return c.color != color; });
  std::ranges::stable_sort(members, {}, [](const Choice& c) { return std::pair(c.key, c.rank); });
  const int leader = members.front().rank;
  uint64_t published = 0;
  if (leader == rank_)
    published = group_->publish(
        std::make_shared<ThreadGroup>(static_cast<int>(members.size()), group_->world));
  const std::vector<uint64_t> keys = said_by_all(*this, published);
  auto group = std::static_pointer_cast<ThreadGroup>(group_->published(keys[leader]));
  barrier();
  if (leader == rank_) group_->withdraw(published);
  const auto me = std::ranges::find(members, rank_, &Choice::rank);
  return place_in(std::move(group), static_cast<int>(me - members.begin()));
}

// The ranks that are left, in order. A peer comes or ends, and nothing after that changes which:
// all see the same ranks, and what each said.
std::vector<int> ThreadCommunicator::meet(bool vote) {
  auto& me = group_->ranks[rank_];
  const uint64_t meeting = ++meetings_;
  me.votes[meeting % 2] = vote;
  me.met.store(meeting, std::memory_order_release);
  std::vector<int> left;
  for (int peer = 0; peer < size(); ++peer)
    if (comes(peer)) left.push_back(peer);
  return left;
}

// Waits until `peer` comes to this meeting, or has ended.
bool ThreadCommunicator::comes(int peer) {
  Waiting waiting("agree");
  waiting.on(peer);
  const auto& other = group_->ranks[peer];
  Backoff backoff(deadline());
  for (;;) {
    const bool ended = has_ended(peer);
    if (other.met.load(std::memory_order_acquire) >= meetings_) return true;
    if (ended) return false;
    if (group_->world->stopped()) throw PeerFailure(thread_world_stopped);
    try {
      // Peers may be waiting for this rank to take their messages.
      if (!group_->revoked) progress();
    } catch (const CommunicationError&) {
      // Whoever waits for that operation hears of it.
    }
    if (!backoff.pause())
      throw CommunicationError(fmt::format(
          "[thread] rank {} waited {} ms for rank {} to agree; look for what stopped there", rank_,
          deadline().count(), peer));
  }
}

bool ThreadCommunicator::agree(bool mine) {
  const std::vector<int> left = meet(mine);
  return std::ranges::all_of(left,
                             [&](int peer) { return group_->ranks[peer].votes[meetings_ % 2]; });
}

std::unique_ptr<Communicator> ThreadCommunicator::shrink() {
  const std::vector<int> left = meet(true);
  const auto me = std::ranges::find(left, rank_);
  return place_in(group_->successor(meetings_, static_cast<int>(left.size())),
                  static_cast<int>(me - left.begin()));
}

std::unique_ptr<SharedRegion> ThreadCommunicator::share(size_t bytes) {
  uint64_t key = 0;
  if (rank_ == 0)
    key = group_->publish(std::make_shared<std::shared_ptr<std::byte>>(
        zeroed_pages(SharedRegion::memory_bytes(size(), bytes))));
  broadcast(std::as_writable_bytes(std::span(&key, 1)), 0);
  auto memory = *std::static_pointer_cast<std::shared_ptr<std::byte>>(group_->published(key));
  barrier();
  if (rank_ == 0) group_->withdraw(key);
  return std::make_unique<SharedRegion>(*this, std::move(memory), bytes);
}

thread_local Communicator* rank_of_this_thread = nullptr;

struct ThreadBackend : CommunicatorBackend {
  using Options = NoOptions;
  explicit ThreadBackend(Options) {}
  Options options() const { return {}; }
  int preference() const override { return rank_of_this_thread ? 3 : 0; }
  std::unique_ptr<Communicator> join() const override {
    if (!rank_of_this_thread)
      fail(ExitCode::world, "thread", "this thread is not a rank; call join() within run_ranks()");
    return rank_of_this_thread->split(0, rank_of_this_thread->rank());
  }
};
TUTTI_REGISTER(CommunicatorBackend, ThreadBackend, "thread", "ranks are threads of one process");

}  // namespace

void run_ranks(int world, const std::function<void(Communicator&)>& body,
               Communicator::Duration deadline) {
  if (world < 1) fail(ExitCode::world, "thread", "{} ranks; name at least one", world);
  auto state = std::make_shared<ThreadWorld>();
  auto group = std::make_shared<ThreadGroup>(world, state);
  const auto run = [&](int rank) {
    // It outlives the handlers: peers must see the stop before they see that this rank has ended.
    ThreadCommunicator communicator(group, rank);
    communicator.set_deadline(deadline);
    rank_of_this_thread = &communicator;
    try {
      body(communicator);
    } catch (const PeerFailure&) {
      state->end_quietly(std::current_exception());
    } catch (...) {
      state->stop(std::current_exception());
    }
    rank_of_this_thread = nullptr;
  };
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < world; ++rank) threads.emplace_back(run, rank);
  threads.clear();
  if (auto error = state->first_error()) std::rethrow_exception(error);
  if (state->stopped())
    fail(ExitCode::internal, "thread", "an operation was dropped; wait() for every Request");
  if (auto error = state->quiet_error()) std::rethrow_exception(error);
}

}  // namespace tutti
