#include "launch/sweep/fused_worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/terminal.h"
#include "launch/supervise/line_reader.h"
#include "launch/sweep/trial_reports.h"
#include "launch/sweep/trial_training.h"

namespace tutti {
namespace {

using nlohmann::json;
using Kind = TrialRequest::Kind;

constexpr std::chrono::milliseconds kHold{20};  // lines that nobody waits for go together

// The sweep's end of the socket, for all threads.
class Sweep {
 public:
  explicit Sweep(int socket) : socket_(socket) {}

  void say(const TrialLine& line, bool at_once) {
    const std::lock_guard lock(mutex_);
    held_ += text_of(line);
    const auto now = Clock::current().now();
    if (!at_once && now - sent_ < kHold) return;
    sent_ = now;
    for (size_t done = 0; done < held_.size();) {
      const ssize_t put = ::send(socket_, held_.data() + done, held_.size() - done, MSG_NOSIGNAL);
      if (put < 0 && errno != EINTR) break;  // it is gone: who reads ends this process
      if (put > 0) done += static_cast<size_t>(put);
    }
    held_.clear();
  }

 private:
  int socket_;
  std::mutex mutex_;
  std::string held_;
  Clock::Duration sent_{};
};

struct Ended {};  // thrown out of a training that is to end

// Threads as many as are at work at once, each there for the next trial when one is over. They end
// with the process.
class Threads {
 public:
  void run(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    if (waiting_.size() <= idle_) return there_is_work_.notify_one();
    std::thread([this] { serve(); }).detach();
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      there_is_work_.wait(lock, [this] { return !waiting_.empty(); });
      --idle_;
      const auto work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable there_is_work_;
  std::deque<std::function<void()>> waiting_;
  size_t idle_ = 0;
};

// A trial in its thread.
class Seat final : public std::enable_shared_from_this<Seat> {
 public:
  Seat(Sweep& sweep, const TrialRequest& request, const std::set<std::string>& metrics)
      : sweep_(sweep), metrics_(metrics), trial_(request.trial), judged_(request.judged) {}

  bool finished() const { return finished_; }
  void wait_until_finished() const { finished_.wait(false); }
  void answer(Kind kind) {
    const std::lock_guard lock(mutex_);
    if (kind == Kind::end) end_ = true;
    if (kind == Kind::suspend) suspended_ = true;
    if (kind != Kind::end) go_on_ = true;
    answered_.notify_one();
  }

  // Trains what `prepare` gives, and says how that ended.
  template <typename Prepare>
  void run(const Prepare& prepare, int threads, const std::filesystem::path& state,
           SharedTraining& shared) {
    TrialLine line{.trial = trial_, .end = TrialLine::End{}};
    try {
      const auto parameters =
          train_in_thread(prepare(), threads, shared, {state, [this] { return suspended_.load(); }},
                          std::make_shared<Reporter>(*this));
      if (parameters)
        line.end->parameters = *parameters;
      else
        line.end->code = kNeedsItsOwn;
    } catch (const Ended&) {
      line.end->code = static_cast<int>(ExitCode::stopped);
    } catch (const Error& error) {
      line.end->code = static_cast<int>(error.code());
      line.end->words = one_line(error.what());
    } catch (const std::exception&) {  // alone it says what it is
      line.end->code = kNeedsItsOwn;
    }
    sweep_.say(line, true);
    finished_ = true;
    finished_.notify_all();
  }

 private:
  class Reporter final : public Callback {
   public:
    explicit Reporter(Seat& seat) : seat_(seat) {}
    void on_train_begin() override {
      const auto& plan = training().plan();
      if (!plan.quantities.empty()) seat_.say(metrics_line(plan), false);
    }
    void on_epoch_end(int64_t epoch, const Logs& logs) override {
      seat_.say(epoch_line(epoch, logs, seat_.metrics_), seat_.judged_);
      seat_.wait();
    }

   private:
    Seat& seat_;
  };

  void say(TrialLine line, bool at_once) {
    line.trial = trial_;
    sweep_.say(line, at_once);
  }
  void wait() {
    std::unique_lock lock(mutex_);
    if (judged_) answered_.wait(lock, [&] { return go_on_ || end_; });
    if (end_) throw Ended{};
    go_on_ = false;
  }

  Sweep& sweep_;
  const std::set<std::string>& metrics_;
  int64_t trial_;
  bool judged_;
  std::atomic<bool> finished_ = false;
  std::mutex mutex_;
  std::condition_variable answered_;
  bool go_on_ = false, end_ = false;
  std::atomic<bool> suspended_ = false;
};

class Worker {
 public:
  Worker(const SweepFolder& folder, int socket)
      : folder_(folder), study_(folder.begun()), sweep_(socket) {
    for (const auto& objective : study_.objectives) metrics_.insert(objective.metric);
    folder_.forget_suspended();  // of a process before this one
  }

  void hear(const std::string& text) {
    const TrialRequest request = parse_trial_request(text);
    if (request.kind == Kind::begin) return begin(request);
    const auto seat = seats_.find(request.trial);
    if (seat != seats_.end()) seat->second->answer(request.kind);
  }

 private:
  void begin(const TrialRequest& request) {
    // One of that number waited for an answer, and was told to end.
    if (const auto there = seats_.find(request.trial); there != seats_.end())
      there->second->wait_until_finished();
    std::erase_if(seats_, [](const auto& seat) { return seat.second->finished(); });
    const auto seat = std::make_shared<Seat>(sweep_, request, metrics_);
    seats_.emplace(request.trial, seat);
    threads_.run([this, seat, request] {
      seat->run([&] { return folder_.job(study_, request.point, request.execution); },
                study_.threads, folder_.suspended(request.trial), shared_);
    });
  }

  const SweepFolder& folder_;
  const StudyFile study_;
  std::set<std::string> metrics_;  // that the study asks for
  Sweep sweep_;
  SharedTraining shared_;
  std::map<int64_t, std::shared_ptr<Seat>> seats_;
  Threads threads_;
};

const char* name_of(Kind kind) {
  constexpr const char* kNames[] = {"begin", "go_on", "suspend", "end"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace

std::string text_of(const TrialRequest& request) {
  if (request.kind != Kind::begin)
    return json{{name_of(request.kind), request.trial}}.dump() + "\n";
  return json{{"begin", request.trial},
              {"execution", request.execution},
              {"point", request.point},
              {"judged", request.judged}}
             .dump() +
         "\n";
}

TrialRequest parse_trial_request(std::string_view line) {
  TrialRequest request;
  try {
    const json read = json::parse(line);
    if (read.contains("begin")) {
      request.trial = read["begin"].get<int64_t>();
      request.execution = read.at("execution").get<int64_t>();
      read.at("point").get_to(request.point);
      request.judged = read.at("judged").get<bool>();
    } else {
      for (const Kind kind : {Kind::go_on, Kind::suspend, Kind::end})
        if (read.contains(name_of(kind))) request.kind = kind;
      request.trial = read.at(name_of(request.kind)).get<int64_t>();
    }
  } catch (const json::exception&) {
    fail(ExitCode::internal, "sweep", "asked '{}', which no sweep does", line.substr(0, 200));
  }
  return request;
}

void serve_trials(const SweepFolder& folder, int socket) {
  Worker worker(folder, socket);
  supervise::LineReader lines(kLongestTrialLine,
                              [&](const std::string& text) { worker.hear(text); });
  std::array<char, 1 << 14> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // Threads are in the midst of trainings that nobody wants any more, with nothing on the disk.
    if (got <= 0) ::_exit(static_cast<int>(ExitCode::ok));
    lines.feed({buffer.data(), static_cast<size_t>(got)});
  }
}

}  // namespace tutti
