// A study whose trials are learning curves that are known beforehand, on slots that share a virtual
// clock: which trial reports next is decided by how long its steps take, and is the same each time.
#pragma once

#include <functional>
#include <set>
#include <tuple>

#include "scheduler/study/study.h"

namespace tutti::test {

struct Curves {
  int64_t steps = 1;  // of a whole trial, from 1
  std::function<double(const Point&, int64_t step)> value;
  std::function<double(const Point&)> seconds = [](const Point&) { return 1.0; };  // of a step
};

class VirtualSlots {
 public:
  VirtualSlots(Study& study, Curves curves, int slots)
      : study_(study), curves_(std::move(curves)), slots_(slots) {}

  // Until nothing runs, or `enough` (asked when a trial is complete) is true.
  void run(const std::function<bool()>& enough = [] { return false; }) {
    bool over = false;
    study_.together([&] {
      while (!over) {
        fill();
        if (due_.empty()) break;
        over = advance() && enough();
      }
    });
  }

  int64_t steps() const { return steps_; }   // that were computed, by all
  double seconds() const { return clock_; }  // since the study began
  double busy() const { return busy_; }      // slots x seconds in which one computed

 private:
  using Event = std::tuple<double, int64_t>;  // when a step is done, of which trial

  void fill() {
    while (static_cast<int>(due_.size()) < slots_) {
      const auto start = study_.ask();
      if (!start) return;
      begin_step(start->trial);
    }
  }
  void begin_step(int64_t number) {
    const double seconds = curves_.seconds(trial(number).point);
    busy_ += seconds;
    due_.emplace(clock_ + seconds, number);
  }
  // The step that is done first. True: its trial is complete.
  bool advance() {
    const auto [time, number] = *due_.begin();
    due_.erase(due_.begin());
    clock_ = time;
    ++steps_;
    const int64_t step = trial(number).last_step().value_or(0) + 1;
    const double value = curves_.value(trial(number).point, step);
    if (study_.report(number, step, value) != Verdict::go_on) return false;
    if (step < curves_.steps) {
      begin_step(number);
      return false;
    }
    study_.tell(number, TrialState::complete, {value});
    return true;
  }
  const Trial& trial(int64_t number) const {
    return study_.record().trials[static_cast<size_t>(number)];
  }

  Study& study_;
  Curves curves_;
  int slots_;
  std::set<Event> due_;
  double clock_ = 0, busy_ = 0;
  int64_t steps_ = 0;
};

}  // namespace tutti::test
