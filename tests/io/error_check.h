// Checks of error messages and files that go away.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace tutti {

// Whether the call throws a tutti::Error that begins with a place and has all these pieces.
template <typename Call>
::testing::AssertionResult throws_with(const Call& call, const std::vector<std::string>& pieces) {
  try {
    call();
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.front() != '[') return ::testing::AssertionFailure() << "no place in: " << message;
    if (message.find('\n') != std::string::npos)
      return ::testing::AssertionFailure() << "lines: " << message;
    for (const auto& piece : pieces)
      if (message.find(piece) == std::string::npos)
        return ::testing::AssertionFailure() << "no '" << piece << "' in: " << message;
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << "nothing was thrown";
}

class DataFolder {
 public:
  DataFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tutti_io_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~DataFolder() { std::filesystem::remove_all(path_); }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace tutti
