#include "launch/supervise/supervisor.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <optional>

#include "core/base/error.h"
#include "launch/supervise/log_batch.h"

namespace tutti::supervise {
namespace {

namespace asio = boost::asio;
using control::Message;
using std::chrono::milliseconds;

constexpr milliseconds kBatch{20};     // that a line waits for others
constexpr milliseconds kReport{2000};  // for the judge to be there for the last words
constexpr milliseconds kDeath{5000};   // of a child that was killed
constexpr milliseconds kParent{
    100};  // between two looks at whether mpirun's or srun's process lives
constexpr size_t kBehind = size_t{1} << 20;  // bytes that the judge has not taken: it gets no lines

class Supervisor {
 public:
  Supervisor(std::shared_ptr<const control::Secret> secret, const SupervisorOptions& options)
      : options_(options),
        signals_(context_, SIGTERM, SIGINT, SIGUSR1),
        batching_(context_),
        parent_look_(context_),
        last_(context_),
        judge_(context_, std::move(secret), options.judge,
               {[this] { greet(); }, [this](const Message& message) { obey(message); },
                [](const std::string&) {}, [this](const std::string& why) { give_up(why); }}) {
    signals_.add(SIGUSR2);
    hand_on_signals();
    look_at_parent();
  }

  [[noreturn]] void run() {
    context_.run();
    fail(ExitCode::internal, "supervise", "nothing is left to wait for; report this");
  }

 private:
  Message message() const {
    Message message;
    message.set_generation(generation_);
    return message;
  }

  void greet() {
    Message hello = message();
    *hello.mutable_hello() = options_.hello;
    judge_.send(hello);
    if (!child_)
      child_.emplace(context_, options_.child,
                     ChildProcess::Handlers{[this](bool error, std::string line) {
                                              take_line(error, std::move(line));
                                            },
                                            [this](const ChildEnd& end) { report(end); }});
  }

  void hand_on_signals() {
    signals_.async_wait([this](const auto& error, int number) {
      if (error) return;
      if (!child_) die_as({.signal = number});
      child_->signal(number);
      hand_on_signals();
    });
  }

  // PR_SET_PDEATHSIG would come at the end of the thread that started this process, which may be
  // long before its parent's.
  void look_at_parent() {
    if (::getppid() != parent_) {
      child_.reset();
      die_as({.signal = SIGKILL});
    }
    parent_look_.expires_after(kParent);
    parent_look_.async_wait([this](const auto& error) {
      if (!error) look_at_parent();
    });
  }

  void obey(const Message& message) {
    if (message.has_world()) generation_ = message.generation();
    if (message.has_kill()) child_->kill();
  }

  void give_up(const std::string& why) {
    if (!child_) throw CommunicationError(why);
    lost_judge_ = true;
    if (end_) leave();
    child_->kill();
    last_.expires_after(kDeath);
    last_.async_wait([](const auto& error) {
      if (!error) die_as({.signal = SIGKILL});
    });
  }

  void take_line(bool error, std::string line) {
    if (error) last_error_ = line;
    const bool first = lines_.empty();
    lines_.add(error, std::move(line));
    if (first) batch();
  }

  void batch() {
    batching_.expires_after(kBatch);
    batching_.async_wait([this](const auto& error) {
      if (error) return;
      send_lines();
      if (!lines_.empty()) batch();
    });
  }

  void send_lines() {
    while (connected() && !lines_.empty() && judge_.waiting_bytes() < kBehind) {
      Message lines = message();
      *lines.mutable_log_lines() = lines_.take();
      judge_.send(lines);
    }
  }

  bool connected() const { return !lost_judge_ && judge_.connected(); }

  void report(const ChildEnd& end) {
    end_ = end;
    if (lost_judge_) leave();
    report_by_ = std::chrono::steady_clock::now() + kReport;
    last_words();
  }

  // Lines first, then the end; and this process ends when the judge has read that.
  void last_words() {
    send_lines();
    if (lines_.empty() && connected() && judge_.send(description()))
      return judge_.finish([this] { leave(); });
    if (std::chrono::steady_clock::now() > report_by_) leave();
    last_.expires_after(milliseconds(1));
    last_.async_wait([this](const auto& error) {
      if (!error) last_words();
    });
  }

  // With the guard waited for: not every container has somebody who does that for orphans.
  [[noreturn]] void leave() {
    child_.reset();
    die_as(*end_);
  }

  Message description() const {
    Message ended = message();
    control::ChildEnded& child = *ended.mutable_child_ended();
    child.set_signal(end_->signal);
    child.set_exit_code(end_->exit_code);
    child.set_out_of_memory(end_->out_of_memory);
    child.set_core_dumped(end_->core_dumped);
    child.set_last_line(last_error_);
    control::Usage& usage = *child.mutable_usage();
    usage.set_user_seconds(end_->user_seconds);
    usage.set_system_seconds(end_->system_seconds);
    usage.set_peak_resident_bytes(end_->peak_resident_bytes);
    usage.set_major_faults(end_->major_faults);
    return ended;
  }

  asio::io_context context_;
  SupervisorOptions options_;
  asio::signal_set signals_;
  asio::steady_timer batching_, parent_look_, last_;
  const pid_t parent_ = ::getppid();
  LogBatch lines_;
  std::string last_error_;
  uint64_t generation_ = 0;
  bool lost_judge_ = false;
  std::optional<ChildEnd> end_;
  std::chrono::steady_clock::time_point report_by_;
  control::Client judge_;
  std::optional<ChildProcess> child_;
};

}  // namespace

void supervise(std::shared_ptr<const control::Secret> secret, const SupervisorOptions& options) {
  Supervisor(std::move(secret), options).run();
}

}  // namespace tutti::supervise
