// Log lines, to the terminal and to a file. Every rank writes to its file; only rank 0 to the
// terminal, except errors. What a command is asked to print (tables, digests) is not logged.
#pragma once

#include <fmt/core.h>

#include <filesystem>
#include <string_view>
#include <utility>

namespace tutti {

enum class LogLevel { info, warn, error, off };

void write_log(LogLevel level, std::string_view message);  // any thread

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  write_log(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  write_log(LogLevel::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  write_log(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

void set_log_rank(int rank);              // 0 until set
void set_terminal_level(LogLevel level);  // the least that the terminal shows; info until set
// Adds lines to this file from now on ("2026-01-31 09:05:00.250 rank 0 warn ..."); "" ends that.
void set_log_file(const std::filesystem::path& path);

}  // namespace tutti
