// Files of at most 400 lines and functions of at most 50, unless a comment says why:
// "// long: reason" directly above the function, or in a file's first three lines ("# long:" in
// scripts).
#pragma once

#include <set>

#include "tests/architecture/cpp_text.h"

namespace tutti::architecture {

inline constexpr int kFileLines = 400;
inline constexpr int kFunctionLines = 50;
inline constexpr int kFolderPageLines = 40;
inline constexpr int kRootPageLines = 210;

inline bool states_reason(const std::string& line) {
  const size_t at = line.find(" long: ");
  return at != std::string::npos && line.find_last_of("/#", at) != std::string::npos &&
         line.find_first_not_of(" ", at + 7) != std::string::npos;
}

inline bool function_has_reason(const std::vector<std::string>& lines, const Function& function) {
  for (int number = function.first_line; number < function.open_line; ++number) {
    if (states_reason(lines[number - 1])) return true;
  }
  for (int number = function.first_line - 1; number >= 1; --number) {
    const std::string& line = lines[number - 1];
    const size_t first = line.find_first_not_of(' ');
    if (first == std::string::npos || line.compare(first, 2, "//") != 0) return false;
    if (states_reason(line)) return true;
  }
  return false;
}

inline std::vector<Breach> size_breaches(const std::vector<TextFile>& files) {
  std::vector<Breach> breaches;
  for (const TextFile& file : files) {
    const std::vector<std::string> lines = lines_of(file.text);
    const int count = static_cast<int>(lines.size());
    const bool reason =
        std::any_of(lines.begin(), lines.begin() + std::min(count, 3), states_reason);
    if (count > kFileLines && !reason) {
      breaches.push_back({file.path, count, "a file of " + std::to_string(count) + " lines"});
    }
    if (!is_cpp(file.path)) continue;
    for (const Function& function : functions_of(file.text)) {
      const int length = function.last_line - function.open_line + 1;
      if (length > kFunctionLines && !function_has_reason(lines, function)) {
        breaches.push_back(
            {file.path, function.first_line, "a function of " + std::to_string(length) + " lines"});
      }
    }
  }
  return breaches;
}

// `paths` as list_tree() gives them. A folder of tests that mirrors another is told of by that
// one's page.
inline std::vector<Breach> page_breaches(const std::vector<std::string>& paths,
                                         const std::vector<TextFile>& files) {
  const std::set<std::string> all(paths.begin(), paths.end());
  std::vector<Breach> breaches;
  for (const std::string& path : paths) {
    if (!path.ends_with('/') || path.starts_with('.')) continue;
    const auto inside = all.upper_bound(path);
    const bool empty = inside == all.end() || !inside->starts_with(path);
    const bool mirror = path.starts_with("tests/") && all.contains(path.substr(6));
    if (!empty && !mirror && !all.contains(path + "README.md")) {
      breaches.push_back({path, 0, "a folder without README.md"});
    }
  }
  for (const TextFile& file : files) {
    if (!file.path.ends_with("README.md")) continue;
    const int limit = file.path == "README.md" ? kRootPageLines : kFolderPageLines;
    const int count = static_cast<int>(lines_of(file.text).size());
    if (!file.text.starts_with("# "))  // a tool for other files has been at it
      breaches.push_back({file.path, 1, "a page that does not begin with a heading"});
    if (count > limit) {
      breaches.push_back(
          {file.path, count, "a page of more than " + std::to_string(limit) + " lines"});
    }
  }
  return breaches;
}

}  // namespace tutti::architecture
