// What a run wrote down and comes back from outside.
#pragma once

#include <string_view>

#include "core/base/config.h"

namespace tutti {

// The part of that name. Throws ExitCode::data where it is missing, at the place that it was read
// from, else naming `where`.
const Config& stored(const Config& config, std::string_view key, std::string_view where);

}  // namespace tutti
