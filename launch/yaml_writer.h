// A Config as YAML text that reads back equal: maps and lists in block style where they hold more
// of their kind, on one line where they are short. The same Config always gives the same text.
#pragma once

#include <string>

#include "core/base/config.h"

namespace tutti {

std::string write_yaml(const Config& config);

}  // namespace tutti
