// Runs a program of the build and keeps what it prints, in a temporary folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tutti::testing_support {

struct Finished {
  int code = -1;
  std::string out, err;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string quoted_word(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

class InTemporaryFolder : public testing::Test {
 protected:
  InTemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tutti_launch_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~InTemporaryFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  // A shell line, run in the folder; `tutti` in it is the built command.
  Finished shell(const std::string& line) const {
    const auto out = folder_ / ".out", err = folder_ / ".err";
    const std::string command = "cd " + quoted_word(folder_.string()) + " && tutti() { " +
                                quoted_word(std::string(TUTTI_BINARY_DIR) + "/bin/tutti") +
                                " \"$@\"; }; { " + line + "; } >.out 2>.err";
    const int status = std::system(("bash -c " + quoted_word(command)).c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, read_text(out), read_text(err)};
  }

  // The number behind the words in what a program printed.
  static double number_behind(const std::string& text, const std::string& words) {
    const size_t at = text.find(words);
    if (at == std::string::npos) {
      ADD_FAILURE() << "no '" << words << "' in " << text;
      return 0;
    }
    return std::atof(text.c_str() + at + words.size());
  }

  std::filesystem::path folder_;
};

inline std::string tutti_program() { return std::string(TUTTI_BINARY_DIR) + "/bin/tutti"; }

// Open MPI as root, on fewer cores than ranks. What it leaks is no finding: its modules are gone
// when a sanitizer looks for their names. What it keeps of freed memory is little.
inline constexpr const char* kMpirun =
    "OMPI_MCA_btl_vader_single_copy_mechanism=none mpirun --allow-run-as-root --oversubscribe "
    "-x ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8 ";
inline std::string mpirun(int ranks) {
  return kMpirun + ("-n " + std::to_string(ranks) + " ") + quoted_word(tutti_program()) + " ";
}

// The line that ends a training.
inline std::string last_line(const std::string& text) {
  const size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const size_t begin = text.rfind('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

}  // namespace tutti::testing_support
