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
    const auto& quantities = training().plan().quantities;
    if (quantities.empty()) return;
    json names = json::array();
    for (const auto& quantity : quantities) names.push_back(quantity.name);
    say({{"metrics", std::move(names)}});
  }

  void on_epoch_end(int64_t epoch, const Logs& logs) override {
    json values = json::object();
    for (const auto& [name, value] : logs.entries()) values[name] = value;
    say({{"epoch", epoch + 1}, {"logs", std::move(values)}});
    char answer = 0;
    ssize_t got = 0;
    do got = ::recv(socket_, &answer, 1, 0);
    while (got < 0 && errno == EINTR);
    if (got != 1) gone();
    if (answer == kEnd) StopSignal::ask();
  }

 private:
  void say(const json& line) const {
    const std::string text = line.dump() + "\n";
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

TrialLine parse_trial_line(std::string_view line) {
  TrialLine parsed;
  try {
    const json read = json::parse(line);
    if (const auto names = read.find("metrics"); names != read.end()) {
      names->get_to(parsed.metrics);
      return parsed;
    }
    parsed.epoch = read.at("epoch").get<int64_t>();
    for (const auto& [name, value] : read.at("logs").items())
      parsed.logs[name] = value.is_null() ? std::nan("") : value.get<double>();
  } catch (const json::exception&) {
    fail(ExitCode::internal, "trial", "said '{}', which no trial says", line.substr(0, 200));
  }
  return parsed;
}

std::shared_ptr<Callback> trial_reporter() {
  const char* text = std::getenv(kTrialSocket);
  if (!text) return nullptr;
  int socket = -1;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), socket);
  if (error != std::errc() || *end != '\0' || socket < 0)
    fail(ExitCode::usage, kTrialSocket, "'{}' is no descriptor; leave it to tutti sweep", text);
  return std::make_shared<TrialReporter>(socket);
}

}  // namespace tutti
