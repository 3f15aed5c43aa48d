// A Config as JSON: what `--json` prints and Keras's files hold.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/config.h"

namespace tutti {

nlohmann::ordered_json to_json(const Config& config);

// Each value knows its place: "[model.keras config.layers[2].units]". Throws Error (data) for what
// is no JSON, a name that an object has twice, numbers beyond 64 bits, more than 200 levels and more
// than 500,000 values.
Config parse_json(std::string_view text, const std::string& where);

}  // namespace tutti
