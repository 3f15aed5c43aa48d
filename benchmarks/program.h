// What the programs here share: options, seconds, and an error as one line.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace tutti::benchmarks {

using Clock = std::chrono::steady_clock;
using Options = std::map<std::string, std::string>;  // {"--seconds", "3"}

inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Those that there are, with what was given from word `first` on. Throws Error (usage) for others.
inline Options options_of(int argc, char** argv, Options options, int first = 1) {
  for (int i = first; i < argc; i += 2) {
    const auto found = options.find(argv[i]);
    if (found == options.end() || i + 1 == argc)
      fail(ExitCode::usage, "benchmark", "'{}' {}", argv[i],
           found == options.end() ? "is no option of this program" : "has no value");
    found->second = argv[i + 1];
  }
  return options;
}

inline int run_program(int (*measure)(int, char**), int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.code());
  }
}

}  // namespace tutti::benchmarks
