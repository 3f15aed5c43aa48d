#include "launch/launcher/launcher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "core/base/host_number.h"
#include "core/base/terminal.h"
#include "distributed/commit/place.h"
#include "launch/control/membership_wire.h"
#include "launch/control/server.h"
#include "launch/launcher/absence.h"
#include "launch/launcher/hosts.h"
#include "launch/launcher/world_processes.h"
#include "launch/stop_signal.h"
#include "launch/supervise/supervisor.h"

namespace tutti::launch {
namespace {

namespace asio = boost::asio;
using control::Message;
using control::Peer;
using membership::Judge;
using membership::MemberId;
using membership::Verdict;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTidy{5000};    // for mpirun to end by itself when all ranks have
constexpr milliseconds kEnded{20};     // between two looks at whether it has
constexpr milliseconds kProbe{9000};   // shorter than the judge waits for it (CoolDown)
constexpr milliseconds kListed{5000};  // for the command to end
constexpr int kRefusals = 10;          // lines about who was not let in

membership::Duration reading() {
  return std::chrono::duration_cast<membership::Duration>(steady_clock::now().time_since_epoch());
}

class Launcher {
 public:
  Launcher(const LaunchPlan& plan, const WorldStarter& starter, const LogMerger::Print& print)
      : plan_(plan),
        starter_(starter),
        print_(print),
        place_(plan.run),
        watch_(plan.run, plan.size, StragglerWatch(plan.patience)),
        judge_(judge_options(), plan.hosts, reading()),
        signals_(context_, SIGINT, SIGTERM, SIGHUP),
        tick_(context_),
        listing_(context_),
        processes_(context_, starter),
        server_(context_, place_.draw_secret(job_),
                {.address = plan.listen, .job = hex16(job_), .ranks = plan.judge.max_ranks},
                {[](const Peer&) {},
                 [this](const Peer& peer, const Message& message) { hear(peer, message); },
                 [](const Peer&, const std::string&) {},
                 [this](const std::string& why) { note_refused(why); }}) {
    signals_.add(SIGUSR1);  // as schedulers warn
    place_.write({job_, plan.addresses, server_.port()});
    if (!plan.page) return;
    page_.emplace(context_, *plan.page,
                  [this] { return watch_.status(judge_, steady_clock::now()); });
    print_(true, "[launch] the run can be seen at " + page_->url());
  }

  Verdict run() {
    wait_for_signals();
    list_hosts();
    tick();
    context_.run();
    if (error_) throw Error(*error_);
    return *verdict_;
  }

 private:
  membership::JudgeOptions judge_options() const {
    membership::JudgeOptions options = plan_.judge;
    options.job = job_;
    options.in_place = starter_.in_place();
    return options;
  }

  void feed(const Judge::Event& event) {
    notice_absence();
    for (const Judge::Action& action : judge_.handle(reading(), event))
      std::visit([this](const auto& what) { act(what); }, action);
  }

  void act(const membership::Order& order) {
    Message message;
    *message.mutable_order() = control::to_wire(order);
    server_.send({control::SUPERVISOR, order.member.rank, order.member.born}, message);
  }
  void act(const Judge::Start& start) {
    const uint64_t number = start.world->generation;
    SeatHosts seats;
    for (const membership::Seat& seat : start.world->seats) seats.push_back(seat.host);
    logs_.begin_world();
    processes_.start(number, seats, supervisor(number),
                     [this, number](const std::string& words) { world_ended(number, words); });
  }
  void act(const Judge::EndWorld& end) {
    if (unexplained_ == end.started) tell_reasons(end.started);
    processes_.end(end.started, judge_.phase() == Judge::Phase::ended ? kTidy : milliseconds(0));
  }
  void act(const Judge::Probe& probe) {
    processes_.run(starter_.command({probe.host}, {plan_.tutti, "supervise", "--probe"}), kProbe,
                   [this, host = probe.host](bool well, const std::vector<std::string>& lines) {
                     const uint64_t boot = boot_in(lines);
                     const bool none = reached_ == 0 && judge_.phase() == Judge::Phase::waiting;
                     if (!well && none) unusable_.insert(host);
                     if (unusable_.size() >= plan_.hosts.size())
                       return give_up("no process can be started on any host");
                     feed(Judge::Probed{host, well && boot != 0, boot});
                   });
  }
  void act(const Judge::Say& say) {
    said_ = say.line;
    watch_.say(say.line);
    print_(true, say.line);
  }
  void act(const Judge::End& end) {
    verdict_ = end.verdict;
    watch_.end(end.verdict.words);
    end_by_ = steady_clock::now() + 2 * kTidy;
    if (end.verdict.outcome == membership::Outcome::done) logs_.done();
    forget();
    tick();
  }

  // What ranks that were killed could not remove themselves.
  void forget() {
    remove_commits(job_);
    std::set<std::string> hosts;
    for (const auto& [member, seat] : seats_) hosts.insert(seat.second);
    for (const std::string& host : hosts)
      if (!host.empty() && !here_.contains(host))
        processes_.run(
            starter_.command({host}, {plan_.tutti, "supervise", "--forget", hex16(job_)}), kTidy,
            [](bool, const auto&) {});
  }

  std::vector<std::string> supervisor(uint64_t world) const {
    std::vector<std::string> words = {
        plan_.tutti, "supervise", "--world", std::to_string(world),
        "--job",     hex16(job_), "--port",  std::to_string(server_.port())};
    for (const std::string& address : plan_.addresses)
      words.insert(words.end(), {"--address", address});
    words.insert(words.end(), {"--secret", place_.secret_file().string(), "--"});
    words.insert(words.end(), plan_.rank.begin(), plan_.rank.end());
    return words;
  }

  // Where nobody ever came to a world of one host, it is not the host that failed: it is how ranks
  // are started. Of several one may be gone: the judge has them probed.
  void world_ended(uint64_t number, const std::string& words) {
    if (ready_ < number) tell_reasons(number);
    if (reached_ == 0 && plan_.hosts.size() == 1)
      return give_up("no rank could be started: " + words);
    feed(Judge::WorldEnded{number, words});
  }

  // Once, however often it fails so.
  void tell_reasons(uint64_t number) {
    const auto reasons = starter_.reasons(processes_.said(number));
    std::string words = fmt::format("{}", fmt::join(reasons, "\n"));  // whichever process it was
    std::erase_if(words, [](unsigned char c) { return std::isxdigit(c); });
    if (std::exchange(reasons_, words) == words) return;
    for (const std::string& line : reasons)
      if (!line.empty()) print_(true, starter_.name() + "| " + line);
  }

  void give_up(const std::string& words) {
    error_ = Error(fmt::format("[launch] {}; {} says why, above", words, starter_.name()),
                   ExitCode::missing);
    context_.stop();
  }

  void hear(const Peer& peer, const Message& message) {
    const MemberId member{peer.world, peer.rank};
    if (peer.role == control::COMMAND) {
      if (message.has_resize_request()) resize(peer, message.resize_request());
    } else if (message.has_hello()) {
      reached_ = std::max(reached_, peer.world);
      seat_of(member);
      watch(member, message.hello());
    } else if (message.has_report()) {
      const membership::Report report = control::from_wire(message.report());
      if (report.member != member) return;
      watch_.report(report, steady_clock::now());
      note_start(report);
      feed(report);
    } else if (message.has_log_lines()) {
      const auto& [rank, host] = seat_of(member);
      logs_.take(rank, host, message.log_lines());
    }
  }

  // A rank that MPI ends while it is made says nothing itself: mpirun says it.
  void note_start(const membership::Report& report) {
    const uint64_t world = report.rank.generation;
    if (report.rank.ready) ready_ = std::max(ready_, world);
    const bool internal = report.exit && !report.exit->by_signal &&
                          report.exit->code == static_cast<int>(ExitCode::internal);
    if (internal && !report.rank.ready) unexplained_ = report.member.born;
  }

  // A supervisor whose end this process can see is gone the moment it is.
  void watch(MemberId member, const control::Hello& hello) {
    if (hello.boot() != host_ || hello.process_space() != supervise::process_space()) return;
    here_.insert(seat_of(member).second);
    const auto process = static_cast<pid_t>(hello.process());
    const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    if (descriptor < 0) {
      if (errno == ESRCH) feed(Judge::Gone{member});
      return;
    }
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    auto& end =
        watched_.insert_or_assign(member, asio::posix::stream_descriptor(context_, descriptor))
            .first->second;
    end.async_wait(asio::posix::stream_descriptor::wait_read, [this, member](const auto& error) {
      if (error) return;
      watched_.erase(member);
      feed(Judge::Gone{member});
    });
  }

  // Its rank and host now, or when it last had one.
  const std::pair<int, std::string>& seat_of(MemberId member) {
    if (const membership::World* world = judge_.world())
      for (size_t rank = 0; rank < world->seats.size(); ++rank)
        if (world->seats[rank].member == member)
          seats_[member] = {static_cast<int>(rank), world->seats[rank].host};
    return seats_[member];
  }

  void resize(const Peer& peer, const control::ResizeRequest& request) {
    const int ranks = static_cast<int>(std::min(request.ranks(), 1'000'000u));
    feed(Judge::Resize{ranks});
    Message answer;
    answer.mutable_resize_answer()->set_text(said_);
    answer.mutable_resize_answer()->set_accepted(ranks >= plan_.judge.min_ranks &&
                                                 ranks <= plan_.judge.max_ranks);
    server_.send(peer, answer);
  }

  // Those who waited in vain have gone, and that is no news.
  void note_refused(const std::string& why) {
    notice_absence();
    if (absence_.just_ended(steady_clock::now())) return;
    if (++refused_ <= kRefusals) print_(true, "[launch] " + one_line(why));
    if (refused_ == kRefusals) print_(true, "[launch] more of these are not shown");
  }

  void wait_for_signals() {
    signals_.async_wait([this](const auto& error, int number) {
      if (error) return;
      const std::string words = fmt::format("asked to stop by signal {}", number);
      const auto now = steady_clock::now();
      // Slurm signals a job's script, which hands the signal on, and what runs in it at once.
      if (asked_ && now - asked_at_ < kOneRequest) return wait_for_signals();
      if (asked_ && !verdict_) verdict_ = Verdict{membership::Outcome::stopped, {}, words};
      if (asked_) return context_.stop();
      asked_ = true, asked_at_ = now;
      print_(true, "[launch] " + words + ": ranks save their state; once more ends them at once");
      feed(Judge::Stop{words});
      wait_for_signals();
    });
  }

  void name_stragglers() {
    for (const std::string& line : watch_.look(judge_, steady_clock::now())) {
      watch_.say(line);
      print_(true, line);
    }
  }

  void notice_absence() {
    const auto away = absence_.look(steady_clock::now());
    if (!away || verdict_) return;
    print_(true, fmt::format("[launch] this process did not run for {} s: it was stopped, or its "
                             "host was; ranks wait 7 s for it, and then end",
                             away->count()));
  }

  void tick() {
    if (verdict_ && (processes_.idle() || steady_clock::now() > end_by_)) return context_.stop();
    tick_.expires_after(verdict_ ? kEnded : membership::kTick);
    tick_.async_wait([this](const auto& error) {
      if (error) return;
      if (!verdict_) feed(Judge::Tick{});
      if (!verdict_) name_stragglers();
      tick();
    });
  }

  void list_hosts() {
    if (plan_.hosts_file.empty() && plan_.discover.empty()) return;
    listing_.expires_after(plan_.listing);
    listing_.async_wait([this](const auto& error) {
      if (error) return;
      if (!plan_.hosts_file.empty()) read_hosts_file();
      if (plan_.discover.empty()) return list_hosts();
      processes_.run({.command = plan_.discover}, kListed,
                     [this](bool well, const std::vector<std::string>& lines) {
                       std::string text;
                       for (const std::string& line : lines) text += line + "\n";
                       take_hosts(well ? text : "", plan_.discover[0]);
                       list_hosts();
                     });
    });
  }

  void read_hosts_file() {
    constexpr uint64_t most = uint64_t{16} << 20;
    try {
      take_hosts(FileSystem::current().read(plan_.hosts_file, most), plan_.hosts_file.string());
    } catch (const Error& error) {
      complain(error.what());
    }
  }

  // An empty list is one that is being written, or a command that failed: the old one stands.
  void take_hosts(const std::string& text, const std::string& where) {
    try {
      auto hosts = parse_hosts(text, where);
      if (hosts.empty())
        return complain(fmt::format("[{}] names no host; the old list stands", where));
      share_slots(hosts, plan_.judge.max_ranks);
      feed(Judge::HostsListed{std::move(hosts)});
      complaint_.clear();
    } catch (const Error& error) {
      complain(error.what());
    }
  }
  void complain(const std::string& words) {
    if (std::exchange(complaint_, words) != words) print_(true, words);
  }

  const LaunchPlan& plan_;
  const WorldStarter& starter_;
  LogMerger::Print print_;
  const uint64_t job_ = draw_job(), host_ = host_number();
  asio::io_context context_;
  MeetingPlace place_;
  LogMerger logs_{print_};
  RunWatch watch_;
  Judge judge_;
  asio::signal_set signals_;
  asio::steady_timer tick_, listing_;
  WorldProcesses processes_;
  std::map<MemberId, asio::posix::stream_descriptor> watched_;
  std::map<MemberId, std::pair<int, std::string>> seats_;
  std::set<std::string> unusable_;  // hosts, before any supervisor came
  std::set<std::string> here_;      // names of hosts that share this one's memory
  control::Server server_;
  std::optional<PageServer> page_;
  uint64_t reached_ = 0;      // the newest world of which a supervisor came
  uint64_t ready_ = 0;        // and in which a rank began to train
  uint64_t unexplained_ = 0;  // of which a rank ended before that, without a word
  std::string reasons_;       // that were told last, without numbers
  int refused_ = 0;
  bool asked_ = false;
  steady_clock::time_point asked_at_{};
  Absence absence_{steady_clock::now()};
  std::string said_, complaint_;
  std::optional<Verdict> verdict_;
  std::optional<Error> error_;
  steady_clock::time_point end_by_{};
};

}  // namespace

Verdict launch(const LaunchPlan& plan, const WorldStarter& starter, const LogMerger::Print& print) {
  return Launcher(plan, starter, print).run();
}

}  // namespace tutti::launch
