// What the thread that trains is doing: written by it at the price of a few stores, read by any
// other (the rank's watchdog, a page, who looks for stragglers) and kept by a trace.
//
//   RecordedThread recorded;                            // once, at the top of the thread
//   Activity reading(ActivityKind::data, "rows");       // a scope: the inner one is what is seen
//   const ActivitySnapshot seen = activity_now();       // another thread
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace tutti {

enum class ActivityKind : uint8_t { other, data, compute, communication, checkpoint };
constexpr size_t kActivityKinds = 5;
const char* name_of(ActivityKind kind);  // "other", "data", ...

// The same text, kept for the life of the process: for what is named when it is planned.
const char* interned(std::string_view name);

struct ActivitySnapshot {
  using Time = std::chrono::steady_clock::time_point;
  const char* where = "";  // a literal or interned
  ActivityKind kind = ActivityKind::other;
  bool waiting = false;  // for other ranks
  int awaited = -1;      // one of them, where it is known
  // When it last changed. What changes without a look at the clock (kernels) counts from when a
  // snapshot first showed it.
  Time since = {};
  uint64_t bytes = 0;    // exchanged with other ranks
  int64_t step = 0;      // steps done
  uint64_t changes = 0;  // where this stands still, so does the thread
  // In each kind so far, the present one included; `waited` is a part of communication. Time
  // between two outermost scopes counts for the first of them: one look at the clock serves both.
  std::array<double, kActivityKinds> seconds = {};
  double waited = 0;
};

// A stretch of time in which nothing changed.
struct ActivitySpan {
  std::chrono::steady_clock::time_point begin, end;
  const char* name = "";
  ActivityKind kind = ActivityKind::other;
  bool waiting = false;
  int64_t step = 0;  // steps done when it began
};

class ActivityListener {
 public:
  virtual ~ActivityListener() = default;
  virtual void spent(const ActivitySpan& span) = 0;  // on the recorded thread, as a span ends
};

// What one thread does. That thread alone writes; any thread may call now().
class ActivityRecord {
 public:
  ActivityRecord();
  ActivitySnapshot now() const;

  // --- On the recorded thread
  // ---------------------------------------------------------------------
  static ActivityRecord* of_this_thread();  // null if it is not recorded
  void listen(ActivityListener* listener);  // null: nobody does
  // Within the innermost scope, another piece of its work: a kernel among many.
  void pass(const char* name);

 private:
  friend class Activity;
  friend class Waiting;
  friend void note_step(int64_t);
  friend void note_bytes(uint64_t);
  using Nanoseconds = int64_t;  // of the steady clock
  using Ticks = int64_t;        // of the processor's counter where the system trusts it

  struct State {
    const char* where = "start";
    ActivityKind kind = ActivityKind::other;
    bool waiting = false;
    int32_t awaited = -1;
  };
  void enter(const State& state);
  void leave(const State& outer);
  void show(const State& state, bool clocked);  // since_ is when it changed to it
  void hand_over();

  // The writer's own.
  State state_;
  Ticks since_ = 0;
  ActivityKind charged_ = ActivityKind::other;  // with the time since then
  ActivityListener* listener_ = nullptr;
  Nanoseconds heard_since_ = 0;  // as it was told
  // What readers see: a sequence lock, odd while it is written.
  std::atomic<uint64_t> sequence_{0};
  std::atomic<const char*> where_{"start"};
  std::atomic<uint64_t> flags_{0};
  std::atomic<Ticks> seen_since_{0};
  std::atomic<uint64_t> clocked_{0};  // the sequence when seen_since_ was the time of a change
  std::array<std::atomic<Ticks>, kActivityKinds> spent_{};
  std::atomic<Ticks> waited_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<int64_t> step_{0};
  // The last snapshot: its sequence, and when it was first seen.
  mutable std::atomic<uint64_t> shown_{0};
  mutable std::atomic<Nanoseconds> first_shown_{0};
};

// While it lives, what this thread does is recorded: in `record`, or as what activity_now() shows
// of the process, if no other thread is that already (ranks that are threads; then not at all).
class RecordedThread {
 public:
  RecordedThread();
  explicit RecordedThread(ActivityRecord& record);
  ~RecordedThread();
  RecordedThread(const RecordedThread&) = delete;
  RecordedThread& operator=(const RecordedThread&) = delete;

 private:
  ActivityRecord* outer_;
  bool of_process_ = false;
};

class Activity {
 public:
  Activity(ActivityKind kind, const char* name);  // name: a literal or interned
  ~Activity();
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

 private:
  ActivityRecord* record_;
  ActivityRecord::State outer_;
};

// A scope of communication that waits for other ranks. Within one of communication its name stays.
class Waiting {
 public:
  explicit Waiting(const char* name);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  void on(int rank);  // the rank that is missing

 private:
  ActivityRecord* record_;
  ActivityRecord::State outer_;
};

void note_step(int64_t steps_done);  // at each step boundary
// From now on also there: in memory that outlives the process. Null: nowhere else.
void mirror_steps(std::atomic<int64_t>* place);
void note_bytes(uint64_t moved);  // to and from other ranks, as transfers go on

// Of the process's recorded thread. Any thread.
ActivitySnapshot activity_now();

}  // namespace tutti
