#include "launch/supervise/supervisor.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <set>
#include <variant>

#include "core/base/error.h"
#include "launch/control/membership_wire.h"
#include "launch/supervise/commit_lease.h"
#include "launch/supervise/log_batch.h"
#include "launch/supervise/mpi_memory.h"
#include "launch/supervise/rank_page.h"

namespace tutti::supervise {
namespace {

namespace asio = boost::asio;
using control::Message;
using membership::Member;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBatch{20};     // that a line waits for others
constexpr milliseconds kReport{2000};  // for the judge to be there for the last words
constexpr milliseconds kDeath{5000};   // of a child that was killed
// Between two looks at the page, and at whether mpirun's or srun's process lives.
constexpr milliseconds kLook{20};
constexpr size_t kBehind = size_t{1} << 20;  // bytes that the judge has not taken: it gets no lines

membership::Duration reading() {
  return std::chrono::duration_cast<membership::Duration>(steady_clock::now().time_since_epoch());
}

class Supervisor {
 public:
  Supervisor(std::shared_ptr<const control::Secret> secret, const SupervisorOptions& options)
      : options_(options),
        signals_(context_, SIGTERM, SIGINT, SIGUSR1),
        batching_(context_),
        look_(context_),
        last_(context_),
        page_(RankPage::make(options.member.job)),
        member_(options.member, reading()),
        judge_(context_, std::move(secret), options.judge,
               {[this] { greet(); }, [this](const Message& message) { obey(message); },
                [](const std::string&) {}, [this](const std::string& why) { give_up(why); }}) {
    if (!options.commits.empty()) lease_.emplace(options.commits);
    signals_.add(SIGUSR2);
    hand_on_signals();
    look();
  }

  [[noreturn]] void run() {
    context_.run();
    fail(ExitCode::internal, "supervise", "nothing is left to wait for; report this");
  }

 private:
  void greet() {
    Message message;
    control::Hello& hello = *message.mutable_hello();
    hello.set_process(::getpid());
    hello.set_process_space(process_space());
    hello.set_boot(options_.member.boot);
    judge_.send(message);
    greeted_ = true;
    handle(Member::Reached{});
  }

  void obey(const Message& message) {
    if (message.has_order()) handle(control::from_wire(message.order()));
  }

  void handle(const Member::Event& event) {
    for (const Member::Action& action : member_.handle(reading(), event))
      std::visit([this](const auto& what) { act(what); }, action);
    page_.set_lease(steady_clock::now() + member_.lease_left());
  }

  // One that gets lost is said again: by the next heartbeat, or after the last words.
  void act(const membership::Report& report) {
    Message message;
    *message.mutable_report() = control::to_wire(report);
    judge_.send(message);
  }
  void act(const Member::Enter& enter) {
    orders_ = {enter.world};
    page_.tell(orders_);
    if (enter.start) start();
  }
  void act(const Member::Tell& tell) {
    orders_.directive = tell.directive;
    orders_.decision = tell.decision;
    page_.tell(orders_);
  }
  void act(const Member::KillRank&) {
    note_mpi_memory();
    if (child_) child_->kill();
  }
  void act(const Member::Leave& leave) {
    by_signal_ = leave.by_signal;
    judge_.finish([this] { this->leave(); });
  }

  void start() {
    ChildOptions options = options_.child;
    options.environment.emplace_back(RankPage::variable, std::to_string(page_.descriptor()));
    options.descriptors.push_back(page_.descriptor());
    try {
      child_.emplace(context_, options,
                     ChildProcess::Handlers{[this](bool error, std::string line) {
                                              take_line(error, std::move(line));
                                            },
                                            [this](const ChildEnd& end) { report(end); }});
    } catch (const Error& error) {
      take_line(true, error.what());
      asio::post(context_,
                 [this, code = static_cast<int>(error.code())] { report({.exit_code = code}); });
    }
  }

  void hand_on_signals() {
    signals_.async_wait([this](const auto& error, int number) {
      if (error) return;
      if (child_) child_->signal(number);
      if (!child_ && !is_orphan()) die_as({.signal = number});
      hand_on_signals();
    });
  }

  // PR_SET_PDEATHSIG would come at the end of the thread that started this process, which may be
  // long before its parent's.
  void look() {
    if (::getppid() != parent_) end_orphaned();
    hear_rank();
    if (greeted_ && steady_clock::now() - ticked_ >= membership::kTick) {
      ticked_ = steady_clock::now();
      if (!all_noted_) note_mpi_memory();
      handle(Member::Tick{});
    }
    look_.expires_after(kLook);
    look_.async_wait([this](const auto& error) {
      if (!error) look();
    });
  }

  // With its rank, at once; but where the judge is gone too, when that is known for sure.
  void end_orphaned() {
    if (!is_orphan()) orphan_by_ = steady_clock::now() + kReport;
    note_mpi_memory();
    child_.reset();
    std::error_code gone;  // the supervisors of its peers remove it too
    for (const auto& file : mpi_memory_) std::filesystem::remove(file, gone);
    if (judge_.connected() || steady_clock::now() > orphan_by_) die_as({.signal = SIGKILL});
  }

  bool is_orphan() const { return orphan_by_ != steady_clock::time_point(); }

  void hear_rank() {
    const uint64_t words = page_.words();
    if (words == heard_) return;
    heard_ = words;
    const auto state = page_.heard();
    if (!state) return;
    if (state->ready && !all_noted_) note_mpi_memory(), all_noted_ = true;
    handle(*state);
  }

  // While it lives: of a dead process nobody can tell.
  void note_mpi_memory() {
    if (child_) mpi_memory_.merge(mpi_memory_of(child_->process()));
  }

  // What the rank itself made; its peers may go on with theirs. mpirun would remove it too, but is
  // killed where it takes too long.
  void remove_mpi_memory_of_rank() const {
    const std::string made = fmt::format(".{}", options_.member.id.rank);
    std::error_code gone;
    for (const auto& file : mpi_memory_)
      if (file.extension() == made) std::filesystem::remove(file, gone);
  }

  // Of a peer whose own supervisor was killed, where mpirun is killed as well: the last one of a
  // host to leave finds that nobody uses it any more.
  void remove_mpi_memory_of_the_dead() const {
    std::error_code error;
    for (const auto& file : mpi_memory_)
      if (std::filesystem::exists(file, error) && !is_mapped(file))
        std::filesystem::remove(file, error);
  }

  // What a lost judge does not read needs no report.
  void give_up(const std::string& why) {
    lost_judge_ = true;
    if (end_ || is_orphan()) leave();
    if (!child_) throw CommunicationError(why);
    child_->kill();
    last_.expires_after(kDeath);
    last_.async_wait([this](const auto& error) {
      if (error) return;
      end_daemon();
      die_as({.signal = SIGKILL});
    });
  }

  // Of mpirun, on a host that nobody can reach any more: it serves this job alone, and would wait
  // for ever.
  void end_daemon() const {
    const std::string path = fmt::format("/proc/{}/comm", parent_);
    std::ifstream file(path);
    std::string name;
    std::getline(file, name);
    if (!is_orphan() && (name == "orted" || name == "prted")) ::kill(parent_, SIGTERM);
  }

  void take_line(bool error, std::string line) {
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
      Message lines;
      *lines.mutable_log_lines() = lines_.take();
      judge_.send(lines);
    }
  }

  bool connected() const { return !lost_judge_ && judge_.connected(); }

  void report(const ChildEnd& end) {
    end_ = end;
    remove_mpi_memory_of_rank();
    if (lost_judge_) leave();
    report_by_ = steady_clock::now() + kReport;
    last_words();
  }

  // Lines first, then the end; and this process ends when the judge has read that.
  void last_words() {
    send_lines();
    if (lines_.empty() && connected()) {
      const membership::Exit exit{.by_signal = end_->signal != 0,
                                  .code = end_->signal ? end_->signal : end_->exit_code,
                                  .out_of_memory = end_->out_of_memory};
      return handle(Member::RankEnded{exit, page_.heard().value_or(membership::RankState{})});
    }
    if (steady_clock::now() > report_by_) leave();
    last_.expires_after(milliseconds(1));
    last_.async_wait([this](const auto& error) {
      if (!error) last_words();
    });
  }

  // With the guard waited for: not every container has somebody who does that for orphans.
  [[noreturn]] void leave() {
    child_.reset();
    remove_mpi_memory_of_the_dead();
    if (lost_judge_) end_daemon();
    if (judge_.judge_ended() && options_.judge_ended) options_.judge_ended();
    if (!by_signal_) ::_exit(0);
    die_as(end_ && !end_->well() ? *end_ : ChildEnd{.signal = SIGKILL});
  }

  asio::io_context context_;
  SupervisorOptions options_;
  asio::signal_set signals_;
  asio::steady_timer batching_, look_, last_;
  const pid_t parent_ = ::getppid();
  std::optional<CommitLease> lease_;
  LogBatch lines_;
  RankPage page_;
  RankOrders orders_;
  uint64_t heard_ = 0;  // words of the rank
  Member member_;
  steady_clock::time_point ticked_{};
  bool greeted_ = false, lost_judge_ = false, by_signal_ = true;
  std::optional<ChildEnd> end_;
  std::set<std::filesystem::path> mpi_memory_;
  bool all_noted_ = false;  // of it: the rank has met its peers
  steady_clock::time_point report_by_, orphan_by_{};
  control::Client judge_;
  std::optional<ChildProcess> child_;
};

}  // namespace

uint64_t process_space() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

void supervise(std::shared_ptr<const control::Secret> secret, const SupervisorOptions& options) {
  Supervisor(std::move(secret), options).run();
}

}  // namespace tutti::supervise
