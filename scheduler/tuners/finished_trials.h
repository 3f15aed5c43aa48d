// The finished trials that a tuner has learned from, in the order in which they ended, so that it
// can go on from what it has made of them as long as the record begins with the same ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/tuners/tuner.h"

namespace tutti {

class FinishedTrials {
 public:
  // Whether the space, the seed, the directions and the trials seen are the question's; if not, it
  // forgets them. A finished trial whose point still lies at its address is taken as unchanged.
  bool are_those_of(const Question& question);
  // How many, from the first that ended.
  size_t count() const { return seen_.size(); }
  void add(const Trial& trial);

 private:
  struct Seen {
    const void* address = nullptr;
    int64_t number = 0;
    TrialState state = TrialState::waiting;
    double value = 0;
    std::vector<double> point;
  };
  static bool is_same(const Seen& seen, const Trial& trial);

  bool begun_ = false;
  SearchSpace space_;
  std::vector<Direction> directions_;
  uint64_t seed_ = 0;
  std::vector<Seen> seen_;
};

// The loss of a complete trial in one objective, or of a pruned one by its last report: what is no
// number is infinitely bad.
double loss_of_trial(const StudyRecord& study, const Trial& trial, size_t objective = 0);

}  // namespace tutti
