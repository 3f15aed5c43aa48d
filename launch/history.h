// A run's history.csv, read back.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tutti {

// Its columns, each with a value a line; "NA" is NaN. What was never measured is no column; nor is
// a line that has no end yet.
std::map<std::string, std::vector<double>> read_history(const std::string& text);

}  // namespace tutti
