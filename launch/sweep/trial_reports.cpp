#include "launch/sweep/trial_reports.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/model/world.h"
#include "launch/stop_signal.h"

namespace tutti {
namespace {

using nlohmann::json;

constexpr char kThreads = 't';
constexpr double kLookSeconds = 0.1;

class TrialReporter final : public Callback {
 public:
  explicit TrialReporter(int socket) : socket_(socket) {}

  void on_train_begin() override {
    if (const auto& plan = training().plan(); !plan.quantities.empty()) say(metrics_line(plan));
  }

  void on_epoch_end(int64_t epoch, const Logs& logs) override {
    say(epoch_line(epoch, logs));
    for (;;)
      if (const auto letter = hear(true)) {
        if (*letter == kEnd) StopSignal::ask();
        return;
      }
  }

  // Looks a few times a second whether it has other threads.
  bool on_every_rank() const override { return true; }
  std::optional<int64_t> next_boundary() const override { return next_look_; }
  void on_boundary(Boundary, int64_t steps) override {
    hear(false);
    const auto now = Clock::current().now();
    const double rate =
        static_cast<double>(steps - looked_at_) / std::max(seconds_of(now - looked_), 1e-6);
    stride_ = std::clamp(static_cast<int64_t>(rate * kLookSeconds), int64_t{1}, 2 * stride_);
    looked_at_ = steps;
    looked_ = now;
    next_look_ = steps + stride_;
  }

 private:
  // A letter; none where there is none yet, or it was about threads.
  std::optional<char> hear(bool wait) {
    char letter = 0;
    if (!receive(letter, wait)) return {};
    if (letter != kThreads) return letter;
    int threads = 0;
    while (receive(letter, true) && letter != ';') threads = 10 * threads + (letter - '0');
    current_world().pool->resize(threads);
    return {};
  }

  bool receive(char& letter, bool wait) const {
    ssize_t got = 0;
    do got = ::recv(socket_, &letter, 1, wait ? 0 : MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && !wait && errno == EAGAIN) return false;
    if (got != 1) gone();
    return true;
  }

  void say(const TrialLine& line) const {
    const std::string text = text_of(line);
    for (size_t sent = 0; sent < text.size();) {
      const ssize_t put = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (put < 0 && errno != EINTR) gone();
      if (put > 0) sent += static_cast<size_t>(put);
    }
  }

  [[noreturn]] static void gone() {
    fail(ExitCode::communication, "sweep",
         "the sweep that started this trial is gone ({}); "
         "start it again, it goes on",
         std::strerror(errno));
  }

  int socket_;
  int64_t looked_at_ = 0, stride_ = 1;  // in steps
  Clock::Duration looked_ = Clock::current().now();
  std::optional<int64_t> next_look_ = 1;
};

// A sweep of small trials says so little else that building an object for it takes longer.
std::string epoch_text(const TrialLine& line) {
  std::string logs;
  for (const auto& [name, value] : line.logs) {
    if (!logs.empty()) logs += ',';
    logs += json(name).dump(-1, ' ', false, json::error_handler_t::replace);
    logs += std::isfinite(value) ? fmt::format(":{}", value) : ":null";
  }
  return fmt::format("{{\"trial\":{},\"epoch\":{},\"logs\":{{{}}}}}\n", line.trial, *line.epoch,
                     logs);
}

}  // namespace

std::string threads_text(int threads) { return fmt::format("{}{};", kThreads, threads); }

std::string text_of(const TrialLine& line) {
  if (line.epoch && !line.end) return epoch_text(line);
  json text{{"trial", line.trial}};
  if (line.end) {
    text["code"] = line.end->code;
    text["words"] = line.end->words;
    text["parameters"] = line.end->parameters;
  } else {
    text["metrics"] = line.metrics;
  }
  return text.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

TrialLine parse_trial_line(std::string_view line) {
  TrialLine parsed;
  try {
    const json read = json::parse(line);
    read.at("trial").get_to(parsed.trial);
    if (const auto code = read.find("code"); code != read.end()) {
      parsed.end = {code->get<int>(), read.at("words").get<std::string>(),
                    read.at("parameters").get<std::string>()};
    } else if (const auto names = read.find("metrics"); names != read.end()) {
      names->get_to(parsed.metrics);
    } else {
      parsed.epoch = read.at("epoch").get<int64_t>();
      for (const auto& [name, value] : read.at("logs").items())
        parsed.logs[name] = value.is_null() ? std::nan("") : value.get<double>();
    }
  } catch (const json::exception&) {
    fail(ExitCode::internal, "trial", "said '{}', which no trial says", line.substr(0, 200));
  }
  return parsed;
}

TrialLine metrics_line(const TrainingControl::Plan& plan) {
  TrialLine line;
  for (const auto& quantity : plan.quantities) line.metrics.push_back(quantity.name);
  return line;
}

TrialLine epoch_line(int64_t epoch, const Logs& logs, const std::set<std::string>& only) {
  TrialLine line{.epoch = epoch + 1};
  for (const auto& [name, value] : logs.entries())
    if (only.contains(name)) line.logs[name] = value;
  if (!only.empty() && line.logs.size() == only.size()) return line;
  for (const auto& [name, value] : logs.entries()) line.logs[name] = value;
  return line;
}

std::optional<int> trial_socket() {
  const char* text = std::getenv(kTrialSocket);
  if (!text) return {};
  int socket = -1;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), socket);
  if (error != std::errc() || *end != '\0' || socket < 0)
    fail(ExitCode::usage, kTrialSocket, "'{}' is no descriptor; leave it to tutti sweep", text);
  return socket;
}

std::shared_ptr<Callback> trial_reporter() {
  const auto socket = trial_socket();
  return socket ? std::make_shared<TrialReporter>(*socket) : nullptr;
}

}  // namespace tutti
