#include "launch/sweep/sweep_worker.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/network.h"
#include "launch/control/client.h"
#include "launch/launcher/meeting_place.h"
#include "launch/stop_signal.h"
#include "launch/sweep/local_processes.h"

namespace tutti {
namespace {

namespace asio = boost::asio;
using Cause = ExecutionEnd::Cause;
using wire::TrialNews;
using wire::TrialOrder;

constexpr std::chrono::milliseconds kLook{10};  // between two looks at trials and at orders
constexpr std::chrono::milliseconds kMeet{100};
// A coordinator that thinks for long says nothing; that of a host that is gone never will.
constexpr std::chrono::milliseconds kSilenceOfLeader{10'000}, kPatience{15'000};
constexpr std::chrono::seconds kLongestMeet{3};

// One of many: numbers that are drawn do not meet.
int draw_number() {
  uint32_t number = 0;
  std::memcpy(&number, control::random_bytes(sizeof number).data(), sizeof number);
  return static_cast<int>(number >> 2);
}

class Serving final : private Executor::Watcher {
 public:
  Serving(const SweepFolder& folder, const StudyFile& study, int slots,
          const launch::JudgeAddress& judge)
      : folder_(folder),
        study_(study),
        slots_(slots),
        client_(
            context_,
            std::make_shared<const control::Secret>(launch::find_secret(folder.path(), judge.job)),
            control::ClientOptions{.addresses = judge.addresses,
                                   .port = judge.port,
                                   .job = hex16(judge.job),
                                   .peer = {control::WORKER, draw_number()},
                                   .patience = kPatience,
                                   .refused_is_lost = true,
                                   .timing = {.handshake = std::chrono::milliseconds(2000),
                                              .silence = kSilenceOfLeader}},
            handlers()) {
    begin_anew();
  }

  WorkerEnd run() {
    while (!end_) {
      if (StopSignal::received() && !leaves_) leave();
      try {
        trials_->wait(*this, kLook);
      } catch (const Error& error) {
        report_failure(error);
      }
      context_.restart();
      context_.poll();
      if (interrupted_) begin_anew();
      if (std::exchange(connected_, false)) offer();
      while (!orders_.empty()) {
        const TrialOrder order = std::move(orders_.front());
        orders_.pop_front();
        follow(order);
      }
      if (leaves_ && running_.empty()) end_ = WorkerEnd::left;
    }
    trials_.reset();  // they are dead before the coordinator hears of this end
    finish();
    return *end_;
  }

 private:
  control::Client::Handlers handlers() {
    return {.connected = [this] { connected_ = true; },
            .message =
                [this](const control::Message& message) {
                  if (message.has_trial_order()) orders_.push_back(message.trial_order());
                },
            .interrupted =
                [this](const std::string&) {
                  interrupted_ = true;
                  orders_.clear();
                },
            .abandoned = [this](const std::string&) { end_ = end_.value_or(WorkerEnd::lost); }};
  }

  // The coordinator takes what ran for lost, and begins it elsewhere: all of it is dead before
  // slots are offered again.
  void begin_anew() {
    interrupted_ = false;
    running_.clear();
    trials_.reset();
    trials_ = std::make_unique<LocalProcesses>(
        LocalProcessesOptions{.slots = slots_, .threads = study_.threads}, study_.objectives,
        LocalProcesses::MakeCommand());
  }

  void send(const TrialNews& news) {
    control::Message message;
    *message.mutable_trial_news() = news;
    client_.send(message);  // where it does not arrive the connection ends
  }

  void offer() {
    TrialNews news;
    news.mutable_offer()->set_slots(leaves_ ? 0 : static_cast<uint32_t>(slots_));
    news.mutable_offer()->set_host(Network::current().host_name());
    send(news);
  }

  // Its trials save their state, and go on elsewhere.
  void leave() {
    leaves_ = true;
    offer();
    for (const int64_t trial : running_) trials_->stop(trial);
  }

  void follow(const TrialOrder& order) {
    if (order.has_start()) {
      begin(order.start());
    } else if (order.has_stop()) {
      trials_->stop(order.stop().trial());
    } else if (order.has_give()) {
      trials_->give(order.give().trial(), static_cast<int>(order.give().slots()));
    } else if (order.has_over()) {
      end_ = order.over().stopped() ? WorkerEnd::stopped : WorkerEnd::over;
    }
  }

  void begin(const wire::StartExecution& start) {
    running_.insert(start.trial());
    if (leaves_) return ended(start.trial(), {Cause::lost, "its worker leaves"});
    const auto parent = start.has_parent() ? std::optional(start.parent()) : std::nullopt;
    try {
      trials_->begin(start.trial(),
                     folder_.training(study_, start.trial(), start.execution(), parent),
                     start.known());
    } catch (const Error& error) {
      report_failure(error);
    }
  }

  // The verdict is waited for, with whatever else is ordered meanwhile.
  Verdict report(int64_t trial, int64_t epoch, double value) override {
    TrialNews news;
    news.mutable_epoch()->set_trial(trial);
    news.mutable_epoch()->set_epoch(epoch);
    news.mutable_epoch()->set_value(value);
    send(news);
    while (!end_ && !interrupted_) {
      for (auto order = orders_.begin(); order != orders_.end(); ++order) {
        if (!order->has_verdict() || order->verdict().trial() != trial) continue;
        const uint32_t verdict = order->verdict().verdict();
        orders_.erase(order);
        return static_cast<Verdict>(std::min(verdict, uint32_t{2}));
      }
      context_.restart();
      context_.run_one_for(kLook);
    }
    return Verdict::stop;  // it is killed
  }

  void ended(int64_t trial, const ExecutionEnd& end) override {
    if (running_.erase(trial) == 0) return;
    // It saved its state, or had none yet.
    const bool asked = leaves_ && (end.cause == Cause::stopped || end.cause == Cause::killed);
    TrialNews news;
    auto& over = *news.mutable_over();
    over.set_trial(trial);
    over.set_cause(static_cast<uint32_t>(asked ? Cause::lost : end.cause));
    over.set_words(asked ? "its worker leaves" : end.words);
    over.mutable_values()->Add(end.values.begin(), end.values.end());
    over.set_parameters(end.parameters);
    send(news);
  }

  [[noreturn]] void report_failure(const Error& error) {
    TrialNews news;
    news.mutable_failure()->set_code(static_cast<int>(error.code()));
    news.mutable_failure()->set_words(error.what());
    send(news);
    finish();
    throw error;
  }

  // What was said last is read.
  void finish() {
    bool done = false;
    client_.finish([&] { done = true; });
    context_.restart();
    while (!done) context_.run_one_for(kMeet);
  }

  const SweepFolder& folder_;
  const StudyFile& study_;
  const int slots_;
  asio::io_context context_;
  control::Client client_;
  std::unique_ptr<LocalProcesses> trials_;
  std::set<int64_t> running_;
  std::deque<TrialOrder> orders_;
  bool leaves_ = false, connected_ = false, interrupted_ = false;
  std::optional<WorkerEnd> end_;
};

// Where the coordinator listens; none where none says so.
std::optional<launch::JudgeAddress> meet(const SweepFolder& folder) {
  const auto until = Clock::current().now() + kLongestMeet;
  while (Clock::current().now() < until && !StopSignal::received()) {
    try {
      return launch::find_judge(folder.path());
    } catch (const Error&) {  // not yet
      Clock::current().sleep_for(kMeet);
    }
  }
  return {};
}

}  // namespace

WorkerEnd serve_sweep(const SweepFolder& folder, const StudyFile& study, int slots) {
  const auto judge = meet(folder);
  if (!judge) return StopSignal::received() ? WorkerEnd::left : WorkerEnd::lost;
  return Serving(folder, study, slots, *judge).run();
}

}  // namespace tutti
