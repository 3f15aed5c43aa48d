#include "scheduler/pruners/step_count.h"

#include "core/base/error.h"

namespace tutti {

void read_config(const Config& config, StepCount& out) {
  out.steps.reset();
  if (config.is_int())
    out.steps = config.as_int();
  else if (!config.is_string() || config.as_string() != "auto")
    fail(config.where_or("pruner"), "is no number of steps; give an integer or \"auto\"");
}

Config write_config(const StepCount& value) {
  return value.steps ? Config(*value.steps) : Config("auto");
}

}  // namespace tutti
