#include "core/model/progress.h"

#include <fmt/core.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "core/base/terminal.h"

namespace tutti {
namespace {

constexpr int kBarWidth = 20;

// Keras's: four significant digits, scientific below a thousandth.
std::string value_text(double value) {
  const bool tiny = std::abs(value) <= 1e-3 && value != 0;
  return tiny ? fmt::format("{:.4e}", value) : fmt::format("{:.4f}", value);
}

std::string duration_text(double seconds) {
  if (seconds >= 3600)
    return fmt::format("{}:{:02}:{:02}", static_cast<int>(seconds) / 3600,
                       static_cast<int>(seconds) / 60 % 60, static_cast<int>(seconds) % 60);
  if (seconds >= 60)
    return fmt::format("{}:{:02}", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
  return fmt::format("{}s", static_cast<int>(seconds));
}

std::string per_step_text(double seconds) {
  if (seconds >= 1) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

}  // namespace

Progress::Progress(int verbose, int64_t epochs, int64_t steps)
    : verbose_(verbose),
      bar_(verbose == 1 && stdout_is_watched()),
      epochs_(epochs),
      steps_(steps) {}

Progress::~Progress() {
  if (!open_) return;
  fmt::print("\n");
  std::fflush(stdout);
}

void Progress::begin_epoch(int64_t epoch) {
  begun_ = shown_ = Clock::now();
  if (verbose_ == 0) return;
  title_ = fmt::format("Epoch {}/{}", epoch + 1, epochs_);
  if (!bar_) return;  // a log is given whole lines: other threads and ranks write to it as well
  fmt::print("{}\n", title_);
  std::fflush(stdout);
}

bool Progress::due(int64_t done) {
  if (!bar_ || done == steps_) return false;
  // Reading the clock at every step would cost more than a small step itself.
  if (done % 16 != 0 && steps_ > 64) return false;
  const auto now = Clock::now();
  if (now - shown_ < std::chrono::milliseconds(100)) return false;
  shown_ = now;
  return true;
}

std::string Progress::bar(int64_t done) const {
  const auto filled = static_cast<int>(done * kBarWidth / steps_);
  std::string text = "\x1b[32m";
  for (int i = 0; i < kBarWidth; ++i) text += i == filled ? "\x1b[37m━" : "━";
  return text + "\x1b[0m ";
}

std::string Progress::line(int64_t done, const Logs& logs, bool final) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  const double step = seconds / static_cast<double>(done > 0 ? done : 1);
  const double shown = final ? seconds : step * static_cast<double>(steps_ - done);
  const std::string count = fmt::format("{0}{1}/{2} {0}", bar_ ? "" : "- ", done, steps_);
  const std::string time = fmt::format("{} {}", duration_text(shown), per_step_text(step));
  // The last line of an epoch stays and may wrap; one that is drawn over must not.
  const size_t columns =
      final ? std::numeric_limits<size_t>::max() : static_cast<size_t>(terminal_columns());
  size_t used = count.size() + time.size();
  const bool has_bar = bar_ && used + kBarWidth + 1 < columns;
  if (has_bar) used += kBarWidth + 1;
  std::string text = count + (has_bar ? bar(done) : "") + time;
  for (const auto& [name, value] : logs.entries()) {
    const std::string part = fmt::format(" - {}: {}", name, value_text(value));
    if ((used += part.size()) >= columns) break;
    text += part;
  }
  return text;
}

void Progress::show(int64_t done, const Logs& logs) {
  fmt::print("\r{}\x1b[K", line(done, logs, false));
  open_ = true;
  std::fflush(stdout);
}

void Progress::end_epoch(const Logs& logs) {
  if (verbose_ == 0) return;
  const std::string text = line(steps_, logs, true);
  if (bar_)
    fmt::print("\r{}\x1b[K\n", text);
  else
    fmt::print("{} {}\n", title_, text);
  open_ = false;
  std::fflush(stdout);
}

void Progress::print(const std::string& text) {
  fmt::print("{}{}\n", open_ ? "\n" : "", text);
  open_ = false;
  std::fflush(stdout);
}

}  // namespace tutti
