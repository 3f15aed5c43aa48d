// Every test that is written is also built and run, and every source of ours is compiled with all
// warnings as errors.
#pragma once

#include <nlohmann/json.hpp>
#include <regex>

#include "tests/architecture/source_tree.h"

namespace tutti::architecture {

// One compilation: the program it is for, and the sources in it (a unity source names several).
struct Compiled {
  std::string program;
  std::string sources;
};

// Of CMake's compile_commands.json.
inline std::vector<Compiled> compilations(const std::filesystem::path& database) {
  static const std::regex object(R"( -o (\S*/)?CMakeFiles/([^/]+)\.dir/)");
  std::vector<Compiled> found;
  for (const auto& entry : nlohmann::json::parse(read_text(database))) {
    const std::string command = entry.at("command"), file = entry.at("file");
    std::smatch match;
    if (!std::regex_search(command, match, object)) continue;
    const bool unity = file.find("/Unity/") != std::string::npos;
    found.push_back({match[2], unity ? read_text(file) : file + "\""});
  }
  return found;
}

// `registered`: the text of what ctest reads.
inline std::vector<Breach> wiring_breaches(const std::vector<std::string>& paths,
                                           const std::vector<Compiled>& compiled,
                                           const std::string& registered) {
  std::vector<Breach> breaches;
  for (const std::string& path : paths) {
    if (!path.starts_with("tests/") || !path.ends_with("_test.cpp")) continue;
    const auto found =
        std::find_if(compiled.begin(), compiled.end(), [&](const Compiled& compilation) {
          return compilation.sources.find("/" + path + "\"") != std::string::npos;
        });
    if (found == compiled.end()) {
      breaches.push_back({path, 0, "is built into no program"});
    } else if (!has_word(registered, found->program)) {
      breaches.push_back({path, 0, "ctest does not run " + found->program});
    }
  }
  return breaches;
}

// Of CMake's compile_commands.json. Code that protoc writes is not ours, and nvcc warns by itself.
inline std::vector<Breach> warning_breaches(const nlohmann::json& commands) {
  std::vector<Breach> breaches;
  for (const auto& entry : commands) {
    const std::string file = entry.at("file"),
                      command = entry.at("command").get<std::string>() + " ";
    if (file.ends_with(".pb.cc") || file.ends_with(".cu")) continue;
    for (const char* flag : {"-Wall", "-Wextra", "-Wpedantic", "-Werror"})
      if (command.find(std::string(" ") + flag + " ") == std::string::npos)
        breaches.push_back({file, 0, std::string("is compiled without ") + flag});
    if (command.find(" -w ") != std::string::npos)
      breaches.push_back({file, 0, "is compiled with -w"});
  }
  return breaches;
}

}  // namespace tutti::architecture
