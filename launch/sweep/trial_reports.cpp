#include "launch/sweep/trial_reports.h"

#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "launch/stop_signal.h"

namespace tutti {
namespace {

using nlohmann::json;

class TrialReporter final : public Callback {
 public:
  explicit TrialReporter(int socket) : socket_(socket) {}

  void on_train_begin() override {
    if (const auto& plan = training().plan(); !plan.quantities.empty()) say(metrics_line(plan));
  }

  void on_epoch_end(int64_t epoch, const Logs& logs) override {
    say(epoch_line(epoch, logs));
    char answer = 0;
    ssize_t got = 0;
    do got = ::recv(socket_, &answer, 1, 0);
    while (got < 0 && errno == EINTR);
    if (got != 1) gone();
    if (answer == kEnd) StopSignal::ask();
  }

 private:
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
};

}  // namespace

std::string text_of(const TrialLine& line) {
  json text{{"trial", line.trial}};
  if (line.end) {
    text["code"] = line.end->code;
    text["words"] = line.end->words;
    text["parameters"] = line.end->parameters;
  } else if (line.epoch) {
    text["epoch"] = *line.epoch;
    text["logs"] = line.logs;
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

TrialLine epoch_line(int64_t epoch, const Logs& logs) {
  TrialLine line{.epoch = epoch + 1};
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
