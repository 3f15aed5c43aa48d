// Files that nobody should trust, for more than one test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace tutti {

// Keeps the file in the folder that TUTTI_HOSTILE_FILES names, if it does, under the test's name:
// tests/hostile gives them all to the command.
inline void keep_hostile(const std::string& what, const std::string& ending,
                         const std::string& bytes) {
  const char* folder = std::getenv("TUTTI_HOSTILE_FILES");
  if (!folder) return;
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name() + "." + what;
  std::ranges::replace_if(
      name, [](char c) { return c == ' ' || c == '/'; }, '_');
  std::ofstream(std::filesystem::path(folder) / (name + ending), std::ios::binary) << bytes;
}

}  // namespace tutti
