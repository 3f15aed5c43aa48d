#include "launch/rank/supervised_rank.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/base/activity.h"
#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "launch/stop_signal.h"

namespace tutti {
namespace {

using membership::Directive;
using std::chrono::milliseconds;

constexpr auto kLook = milliseconds(50);  // between two looks at the lease, and at what else may be
constexpr auto kWord = milliseconds(1000);  // between two words without news

[[noreturn]] void end_process(const char* why) {
  std::fprintf(stderr, "[rank] %s\n", why);
  std::fflush(nullptr);
  ::kill(::getpid(), SIGKILL);
  std::abort();
}

uint64_t tenths_of_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 10 +
         static_cast<uint64_t>(time.tv_nsec) / 100'000'000;
}

}  // namespace

std::unique_ptr<SupervisedRank> SupervisedRank::join() {
  const char* variable = std::getenv(supervise::RankPage::variable);
  if (!variable) return nullptr;
  int descriptor = -1;
  const std::string_view text = variable;
  std::from_chars(text.data(), text.data() + text.size(), descriptor);
  ::unsetenv(supervise::RankPage::variable);  // what this process starts is no rank
  return std::make_unique<SupervisedRank>(supervise::RankPage::open(descriptor));
}

SupervisedRank::SupervisedRank(supervise::RankPage page) : page_(std::move(page)) {
  ::pthread_getcpuclockid(::pthread_self(), &worked_);
  mirror_steps(&page_.step());
  watchdog_ = std::thread([this] { watch(); });
}

SupervisedRank::~SupervisedRank() {
  mirror_steps(nullptr);
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  page_.ring();
  watchdog_.join();
}

const std::string& SupervisedRank::host() const {
  const auto seat = std::ranges::find(world_->seats, member_, &membership::Seat::member);
  return seat->host;
}

void SupervisedRank::watch() {
  auto said = std::chrono::steady_clock::time_point();
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const uint32_t rings = page_.rings();
    look();
    if (const auto now = std::chrono::steady_clock::now(); news_ || now - said >= kWord) {
      const ActivitySnapshot doing = activity_now();
      // Whatever changes is progress, also where no byte moves; and so is work of which nothing
      // tells how far it is: rows that are read, a report. One that waits may spin.
      const uint64_t worked = doing.waiting ? 0 : tenths_of_seconds(worked_);
      state_.progress = {doing.step, doing.where, doing.bytes + doing.changes + worked,
                         doing.waiting};
      state_.pace = {doing.seconds, doing.waited, doing.awaited, doing.bytes};
      page_.say(state_);
      said = now;
      news_ = false;
    }
    lock.unlock();
    page_.await_ring(rings, kLook);
    lock.lock();
  }
  if (news_) page_.say(state_);
}

void SupervisedRank::look() {
  const auto lease = page_.lease();
  if (lease.time_since_epoch().count() != 0 && std::chrono::steady_clock::now() > lease)
    end_process("nothing was heard of the judge for too long; this rank ends");
  if (const uint64_t count = page_.orders(); count != orders_read_) {
    orders_read_ = count;
    take_orders();
  }
}

void SupervisedRank::take_orders() {
  const auto told = page_.told();
  if (!told) return;
  orders_ = *told;
  if (orders_.directive == Directive::stop) StopSignal::ask();
  if (communicator_ && orders_.world && orders_.world->generation > state_.generation) {
    if (!communicator_->fault_tolerant())
      end_process("the judge wants another world, which this MPI cannot become; this rank ends");
    communicator_->interrupt();
  }
  changed_.notify_all();
}

supervise::RankOrders SupervisedRank::await(membership::Generation generation) {
  std::unique_lock lock(mutex_);
  // Without an end: when the judge is gone, look() ends the process.
  while (!orders_.world || orders_.world->generation < generation) changed_.wait_for(lock, kLook);
  return orders_;
}

void SupervisedRank::enter(int rank) {
  const supervise::RankOrders orders = await(1);
  const auto& seats = orders.world->seats;
  if (rank >= static_cast<int>(seats.size()))
    fail(ExitCode::world, "rank", "rank {} has no place in a world of {}; start it by tutti launch",
         rank, seats.size());
  enter(orders, seats[static_cast<size_t>(rank)].member);
}

void SupervisedRank::enter_newer(membership::Generation generation) {
  enter(await(generation), member_);
}

void SupervisedRank::enter(const supervise::RankOrders& orders,
                           const membership::MemberId& member) {
  if (std::ranges::find(orders.world->seats, member, &membership::Seat::member) ==
      orders.world->seats.end())
    fail(ExitCode::world, "rank", "world {} goes on without this rank", orders.world->generation);
  member_ = member;
  world_ = orders.world;
  change([&] {
    state_ = {};
    state_.generation = world_->generation;
  });
}

void SupervisedRank::meets_through(Communicator* communicator) {
  const std::lock_guard lock(mutex_);
  communicator_ = communicator;
}

bool SupervisedRank::outdated() const {
  const std::lock_guard lock(mutex_);
  return orders_.world && orders_.world->generation > state_.generation;
}

void SupervisedRank::change(const std::function<void()>& edit) {
  {
    const std::lock_guard lock(mutex_);
    edit();
    news_ = true;
  }
  page_.ring();
}

void SupervisedRank::set_ready() {
  change([&] { state_.ready = true; });
}
void SupervisedRank::set_commit(const membership::CommitProgress& commit) {
  change([&] { state_.commit = commit; });
}
void SupervisedRank::await_newer() { await(world_->generation + 1); }
void SupervisedRank::distrust(const std::string& what) {
  change([&] { state_.corrupt = what; });
}

membership::Decision SupervisedRank::decision() const {
  const std::lock_guard lock(mutex_);
  const bool of_this = orders_.world && orders_.world->generation == state_.generation;
  return of_this ? orders_.decision : membership::Decision{};
}

void SupervisedRank::finish(uint64_t digest) {
  change([&] { state_.final_state = digest; });
  fault_point("world/finished");
  std::unique_lock lock(mutex_);
  while (orders_.directive != Directive::finish) {
    if (orders_.world && orders_.world->generation > state_.generation)
      throw CommunicationError("[rank] a peer was lost before it had written all");
    changed_.wait_for(lock, kLook);
  }
}

}  // namespace tutti
