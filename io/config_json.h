// A Config as JSON: what `--json` prints.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/config.h"

namespace tutti {

nlohmann::ordered_json to_json(const Config& config);

}  // namespace tutti
