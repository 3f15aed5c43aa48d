// When a rule that looks at trials now and then looks at one.
#pragma once

#include <string>

#include "scheduler/study/trial.h"

namespace tutti {

// Each `interval` steps from `warmup` on; a trial that reports at none of these steps is looked at
// when it next reports.
struct CheckInterval {
  int64_t warmup = 0, interval = 1;

  void check(const std::string& pruner) const;  // throws for what is out of range
  bool due(const Trial& trial) const;           // at its last step; false if it reported nothing
};

}  // namespace tutti
