// A pruner: the rule that ends a trial early, or pauses it and later lets it go on.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/registry.h"
#include "scheduler/study/trial.h"

namespace tutti {

enum class Verdict {
  go_on,
  stop,   // the trial ends, pruned
  pause,  // it is suspended with its state; promote() may name it
};

class Pruner : public Configurable {
 public:
  static constexpr const char* category = "pruner";
  // Of a running trial that has just reported its value at `trial.last_step()`. A pure function of
  // the record.
  virtual Verdict judge(const StudyRecord& study, const Trial& trial) = 0;
  // Asked when a slot is free: the suspended trial that goes on in it; null: a new one may begin.
  virtual std::optional<int64_t> promote(const StudyRecord& study) {
    (void)study;
    return {};
  }
};

}  // namespace tutti
