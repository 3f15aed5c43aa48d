#include "core/base/activity.h"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>

namespace tutti {
namespace {

using SteadyClock = std::chrono::steady_clock;

int64_t steady_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyClock::now().time_since_epoch())
      .count();
}

// The processor's counter costs half of what the clock does, which is what a scope costs. It is
// taken where the kernel keeps time by it: then it is steady, and the same on all cores.
bool counter_is_steady() {
#if defined(__x86_64__)
  std::ifstream source("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return source >> name && name == "tsc";
#else
  return false;
#endif
}

struct TickClock {
  bool by_counter = counter_is_steady();
  int64_t first_tick = now(), first_nanosecond = steady_nanoseconds();

  int64_t now() const {
#if defined(__x86_64__)
    if (by_counter) return static_cast<int64_t>(__builtin_ia32_rdtsc());
#endif
    return steady_nanoseconds();
  }
  // Of a tick; the longer ago the first one is, the truer.
  double nanoseconds() const {
    if (!by_counter) return 1;
    const int64_t ticks = now() - first_tick;
    return ticks <= 0 ? 0
                      : static_cast<double>(steady_nanoseconds() - first_nanosecond) /
                            static_cast<double>(ticks);
  }
};
const TickClock tick_clock;

SteadyClock::time_point time_of(int64_t nanoseconds) {
  return SteadyClock::time_point(std::chrono::nanoseconds(nanoseconds));
}

constinit thread_local ActivityRecord* record_of_thread = nullptr;
std::atomic<std::atomic<int64_t>*> step_mirror{nullptr};
std::atomic<bool> process_taken{false};

ActivityRecord& process_record() {
  static ActivityRecord& record = *new ActivityRecord;  // read until the very end
  return record;
}

// Single writer: no read-modify-write is needed.
template <typename T>
void add_to(std::atomic<T>& total, T more) {
  total.store(total.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

}  // namespace

const char* name_of(ActivityKind kind) {
  static constexpr const char* names[kActivityKinds] = {"other", "data", "compute", "communication",
                                                        "checkpoint"};
  return names[static_cast<size_t>(kind)];
}

const char* interned(std::string_view name) {
  static std::mutex mutex;
  static auto& names =
      *new std::unordered_set<std::string>;  // never freed: it is read until the end
  const std::lock_guard lock(mutex);
  return names.emplace(name).first->c_str();
}

ActivityRecord::ActivityRecord() {
  since_ = tick_clock.now();
  seen_since_.store(since_, std::memory_order_relaxed);
}

ActivityRecord* ActivityRecord::of_this_thread() { return record_of_thread; }

void ActivityRecord::listen(ActivityListener* listener) {
  enter(state_);  // what is past is handed to nobody, or to the one before
  listener_ = listener;
  heard_since_ = steady_nanoseconds();
}

void ActivityRecord::hand_over() {
  const Nanoseconds end = steady_nanoseconds();
  if (end > heard_since_)
    listener_->spent({time_of(heard_since_), time_of(end), state_.where, state_.kind,
                      state_.waiting, step_.load(std::memory_order_relaxed)});
  heard_since_ = end;
}

void ActivityRecord::enter(const State& state) {
  const Ticks now = tick_clock.now();
  add_to(spent_[static_cast<size_t>(charged_)], now - since_);
  if (state_.waiting) add_to(waited_, now - since_);
  if (listener_) hand_over();
  state_ = state;
  since_ = now;
  charged_ = state.kind;
  show(state, true);
}

void ActivityRecord::leave(const State& outer) {
  if (listener_ || outer.kind != ActivityKind::other) return enter(outer);
  state_ = outer;
  show(outer, false);
}

// Each store releases the one before it: a reader that sees a new field sees the odd sequence.
void ActivityRecord::show(const State& state, bool clocked) {
  const uint64_t sequence = sequence_.load(std::memory_order_relaxed);
  sequence_.store(sequence + 1, std::memory_order_relaxed);
  where_.store(state.where, std::memory_order_release);
  flags_.store(static_cast<uint64_t>(static_cast<uint32_t>(state.awaited)) << 32 |
                   static_cast<uint64_t>(charged_) << 16 |
                   static_cast<uint64_t>(state.waiting) << 8 | static_cast<uint64_t>(state.kind),
               std::memory_order_release);
  seen_since_.store(since_, std::memory_order_release);
  if (clocked) clocked_.store(sequence + 2, std::memory_order_release);
  sequence_.store(sequence + 2, std::memory_order_release);
}

// The clock costs more than a small kernel: it is read only for a listener.
void ActivityRecord::pass(const char* name) {
  if (listener_) {
    State state = state_;
    state.where = name;
    return enter(state);
  }
  state_.where = name;
  const uint64_t sequence = sequence_.load(std::memory_order_relaxed);
  sequence_.store(sequence + 1, std::memory_order_relaxed);
  where_.store(name, std::memory_order_release);
  sequence_.store(sequence + 2, std::memory_order_release);
}

ActivitySnapshot ActivityRecord::now() const {
  ActivitySnapshot seen;
  for (;; std::this_thread::yield()) {
    const uint64_t before = sequence_.load(std::memory_order_acquire);
    if (before % 2 == 1) continue;
    seen.where = where_.load(std::memory_order_acquire);
    const uint64_t flags = flags_.load(std::memory_order_acquire);
    const Ticks since = seen_since_.load(std::memory_order_acquire);
    const uint64_t clocked = clocked_.load(std::memory_order_acquire);
    for (size_t kind = 0; kind < kActivityKinds; ++kind)
      seen.seconds[kind] = static_cast<double>(spent_[kind].load(std::memory_order_acquire));
    seen.waited = static_cast<double>(waited_.load(std::memory_order_acquire));
    if (sequence_.load(std::memory_order_relaxed) != before) continue;

    seen.kind = static_cast<ActivityKind>(flags & 0xff);
    seen.waiting = (flags >> 8 & 1) != 0;
    seen.awaited = static_cast<int32_t>(flags >> 32);
    seen.changes = before / 2;
    const Nanoseconds now = steady_nanoseconds();
    const double tick = tick_clock.nanoseconds();
    const auto present = static_cast<double>(std::max<Ticks>(0, tick_clock.now() - since));
    seen.seconds[flags >> 16 & 0xff] += present;
    if (seen.waiting) seen.waited += present;
    for (double& seconds : seen.seconds) seconds *= 1e-9 * tick;
    seen.waited *= 1e-9 * tick;
    if (shown_.exchange(before) != before) first_shown_.store(now);
    seen.since = time_of(clocked == before ? now - static_cast<Nanoseconds>(present * tick)
                                           : first_shown_.load());
    break;
  }
  seen.bytes = bytes_.load(std::memory_order_relaxed);
  seen.step = step_.load(std::memory_order_relaxed);
  return seen;
}

RecordedThread::RecordedThread() : outer_(record_of_thread) {
  of_process_ = !process_taken.exchange(true);
  if (of_process_) record_of_thread = &process_record();
}

RecordedThread::RecordedThread(ActivityRecord& record) : outer_(record_of_thread) {
  record_of_thread = &record;
}

RecordedThread::~RecordedThread() {
  record_of_thread = outer_;
  if (of_process_) process_taken = false;
}

Activity::Activity(ActivityKind kind, const char* name) : record_(record_of_thread) {
  if (!record_) return;
  outer_ = record_->state_;
  record_->enter({name, kind, false, -1});
}

Activity::~Activity() {
  if (record_) record_->leave(outer_);
}

Waiting::Waiting(const char* name) : record_(record_of_thread) {
  if (!record_) return;
  outer_ = record_->state_;
  const bool within = outer_.kind == ActivityKind::communication;
  record_->enter({within ? outer_.where : name, ActivityKind::communication, true, -1});
}

Waiting::~Waiting() {
  if (record_) record_->enter(outer_);
}

void Waiting::on(int rank) {
  if (!record_ || record_->state_.awaited == rank) return;
  record_->state_.awaited = rank;
  record_->show(record_->state_, true);
}

void note_step(int64_t steps_done) {
  if (!record_of_thread) return;
  record_of_thread->step_.store(steps_done, std::memory_order_relaxed);
  if (auto* mirror = step_mirror.load(std::memory_order_relaxed)) mirror->store(steps_done);
}

void mirror_steps(std::atomic<int64_t>* place) { step_mirror.store(place); }

void note_bytes(uint64_t moved) {
  if (record_of_thread) add_to(record_of_thread->bytes_, moved);
}

ActivitySnapshot activity_now() { return process_record().now(); }

}  // namespace tutti
