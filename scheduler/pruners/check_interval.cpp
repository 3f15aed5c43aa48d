#include "scheduler/pruners/check_interval.h"

#include "core/base/error.h"

namespace tutti {

void CheckInterval::check(const std::string& pruner) const {
  if (warmup < 0) fail(pruner, "n_warmup_steps is {}; use 0 or more", warmup);
  if (interval < 1) fail(pruner, "interval_steps is {}; use 1 or more", interval);
}

bool CheckInterval::due(const Trial& trial) const {
  const auto last = trial.intermediate.rbegin();
  if (last == trial.intermediate.rend() || last->first < warmup) return false;
  const int64_t boundary = (last->first - warmup) / interval * interval + warmup;
  const auto before = std::next(last);
  return (before == trial.intermediate.rend() ? -1 : before->first) < boundary;
}

}  // namespace tutti
