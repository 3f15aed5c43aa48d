// An argument that is a number of steps, or "auto": found out from the trials.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/config.h"

namespace tutti {

struct StepCount {
  std::optional<int64_t> steps = {};  // null: "auto"
  StepCount() = default;
  StepCount(int64_t count) : steps(count) {}
};

inline std::string type_name(const StepCount*) { return "int or \"auto\""; }
void read_config(const Config& config, StepCount& out);  // throws for another word
Config write_config(const StepCount& value);

}  // namespace tutti
