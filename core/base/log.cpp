#include "core/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <memory>
#include <mutex>

#include "core/base/error.h"
#include "core/base/terminal.h"

namespace tutti {
namespace {

class Logger {
 public:
  void write(LogLevel level, const std::string& message) {
    std::lock_guard lock(mutex_);
    const auto severity = severity_of(level);
    const spdlog::details::log_msg line("tutti", severity, message);
    if (level >= terminal_level_ && (rank_ == 0 || level >= LogLevel::error)) terminal_->log(line);
    if (file_) file_->log(line);
    if (file_ && level >= LogLevel::warn) file_->flush();
  }

  void set_rank(int rank) {
    std::lock_guard lock(mutex_);
    rank_ = rank;
    if (file_) file_->set_pattern(file_pattern());
  }

  void set_terminal_level(LogLevel level) {
    std::lock_guard lock(mutex_);
    terminal_level_ = level;
  }

  void set_file(const std::filesystem::path& path) {
    std::lock_guard lock(mutex_);
    file_.reset();
    if (path.empty()) return;
    try {
      file_ = std::make_unique<spdlog::sinks::basic_file_sink_st>(path.string());
    } catch (const spdlog::spdlog_ex& error) {
      fail(ExitCode::io, path.string(), "cannot write the log: {}; check the path", error.what());
    }
    file_->set_pattern(file_pattern());
  }

 private:
  static spdlog::level::level_enum severity_of(LogLevel level) {
    if (level == LogLevel::info) return spdlog::level::info;
    return level == LogLevel::warn ? spdlog::level::warn : spdlog::level::err;
  }
  std::string file_pattern() const {
    return fmt::format("%Y-%m-%d %H:%M:%S.%e rank {} %l %v", rank_);
  }
  static std::unique_ptr<spdlog::sinks::sink> make_terminal() {
    auto sink = std::make_unique<spdlog::sinks::stderr_color_sink_st>();
    sink->set_pattern("%^%l%$: %v");
    return sink;
  }

  std::mutex mutex_;
  int rank_ = 0;
  LogLevel terminal_level_ = LogLevel::info;
  std::unique_ptr<spdlog::sinks::sink> terminal_ = make_terminal();
  std::unique_ptr<spdlog::sinks::sink> file_;
};

Logger& logger() {
  static Logger instance;
  return instance;
}

}  // namespace

void write_log(LogLevel level, std::string_view message) {
  logger().write(level, one_line(std::string(message)));
}
void set_log_rank(int rank) { logger().set_rank(rank); }
void set_terminal_level(LogLevel level) { logger().set_terminal_level(level); }
void set_log_file(const std::filesystem::path& path) { logger().set_file(path); }

}  // namespace tutti
