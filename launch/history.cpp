#include "launch/history.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tutti {
namespace {

std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> cells{""};
  for (const char c : line)
    if (c == ',')
      cells.emplace_back();
    else if (c != '\r')
      cells.back() += c;
  return cells;
}

}  // namespace

std::map<std::string, std::vector<double>> read_history(const std::string& text) {
  std::map<std::string, std::vector<double>> columns;
  std::vector<std::string> names;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
    const auto cells = split_line(text.substr(begin, end - begin));
    if (names.empty()) {
      names = cells;
      continue;
    }
    for (size_t i = 0; i < std::min(names.size(), cells.size()); ++i) {
      char* rest = nullptr;
      const double value = std::strtod(cells[i].c_str(), &rest);
      columns[names[i]].push_back(rest == cells[i].c_str() ? std::nan("") : value);
    }
  }
  std::erase_if(columns, [](const auto& column) {
    return column.first.starts_with("val_") &&
           std::ranges::all_of(column.second, [](double value) { return std::isnan(value); });
  });
  return columns;
}

}  // namespace tutti
