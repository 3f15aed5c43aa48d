// One exception type for everything that goes wrong, and the exit codes that programs end with.
//
// A message begins with where it happened ("[matmul]", "[job.yaml:12:5]") and ends with what to do.
#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tutti {

// What a process that fails ends with; `tutti --help` prints this table.
enum class ExitCode : int {
  ok = 0,
  internal = 1,       // a defect in Tutti
  usage = 2,          // unknown command, option or option value
  job = 3,            // the job file or the model it describes is wrong
  data = 4,           // a data file is missing, malformed or does not fit the job
  numerics = 5,       // NaN or infinity where the job said to stop
  world = 6,          // ranks, shards, threads or devices do not fit the job
  communication = 7,  // a peer was lost or did not answer
  io = 8,             // a file could not be written, or a run directory is in use
  missing = 9,        // a feature, kernel or device that this build or machine lacks
  stopped = 10,       // asked to stop (SIGTERM): the state was saved, and --resume goes on from it
};

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::job)
      : std::runtime_error(message), message_(message), code_(code) {}
  const char* what() const noexcept override { return message_.c_str(); }
  ExitCode code() const { return code_; }
  // Who catches an error and knows more about it says so and throws it on, as the type that it is:
  // catch (Error& error) { error.reword("[job.yaml:3:5] ..."); throw; }
  void reword(std::string message) { message_ = std::move(message); }

 private:
  std::string message_;
  ExitCode code_;
};

// The only recoverable error: a peer failed, the world can shrink and go on.
class CommunicationError : public Error {
 public:
  explicit CommunicationError(const std::string& message, ExitCode code = ExitCode::communication)
      : Error(message, code) {}
};

[[noreturn]] void throw_error(ExitCode code, std::string_view where, std::string message);

// Throws Error("[where] message"). Default code: the job or the model is wrong.
template <typename... Args>
[[noreturn]] void fail(std::string_view where, fmt::format_string<Args...> format, Args&&... args) {
  throw_error(ExitCode::job, where, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
[[noreturn]] void fail(ExitCode code, std::string_view where, fmt::format_string<Args...> format,
                       Args&&... args) {
  throw_error(code, where, fmt::format(format, std::forward<Args>(args)...));
}

// The candidate nearest to `name` by edit distance, or "" when none is near. For error messages.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

// ", did you mean 'relu'?" or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);
// That, or `otherwise` where no candidate is near.
std::string near_or(std::string_view name, const std::vector<std::string>& candidates,
                    std::string otherwise);

// True if a message begins with where something was written: "[job.yaml:12:5]", "[--set seed]".
bool names_place(std::string_view message);

}  // namespace tutti
