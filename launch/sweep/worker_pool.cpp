#include "launch/sweep/worker_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/terminal.h"
#include "launch/control/server.h"
#include "launch/launcher/meeting_place.h"

namespace tutti {
namespace {

namespace asio = boost::asio;
using Cause = ExecutionEnd::Cause;
using control::Peer;
using wire::TrialNews;
using wire::TrialOrder;

constexpr int kMostPeers = 1 << 30;
constexpr int kQuickEnds = 3;  // of a started worker one upon the other, until it counts as failed
constexpr std::chrono::seconds kQuick{10};
constexpr std::chrono::milliseconds kRestart{500}, kLongestPause{60'000};
constexpr std::chrono::seconds kFarewell{3};
// Longer than a worker takes to kill its trials when it hears nothing (sweep_worker.cpp): none of
// them is begun again while it may still run.
constexpr std::chrono::milliseconds kSilence{30'000};

// A worker, as it offered itself, and its trials: what each could use, and what it was given.
struct Worker {
  struct Share {
    int wanted = 1, given = 1;
  };
  std::string host;
  int slots = 0;
  std::map<int64_t, Share> trials = {};
  int free() const { return slots - static_cast<int>(trials.size()); }
};

struct Event {
  Peer peer;
  std::optional<TrialNews> news = {};
  std::string lost = {};  // why
};

// A worker that this process starts, and starts again.
struct Started {
  WorkerPoolOptions::Start start;
  std::unique_ptr<supervise::ChildProcess> child = {};
  Clock::Duration began{}, again_at{};
  int quick_ends = 0;
  std::string last_words = {};
};

}  // namespace

class WorkerPool::State {
 public:
  State(const SweepFolder& folder, const StudyFile& study, WorkerPoolOptions options,
        std::function<void(const std::string&)> say)
      : folder_(folder),
        study_(study),
        options_(std::move(options)),
        say_(std::move(say)),
        place_(folder.path()),
        server_(context_, place_.draw_secret(job_), server_options(), handlers()) {
    place_.write({job_, options_.addresses, server_.port()});
    for (const auto& start : options_.starts) started_.push_back({start});
  }

  int slots() const {
    int offered = 0;
    for (const auto& [peer, worker] : workers_)  // one that leaves has its trials still
      offered += std::max(worker.slots, static_cast<int>(worker.trials.size()));
    return std::min(offered, most_);
  }
  void set_slots(int slots) { most_ = slots; }

  void start(const Trial& trial, int64_t execution) {
    folder_.command(study_, trial, execution);  // writes its job
    TrialOrder order;
    auto& start = *order.mutable_start();
    start.set_trial(trial.number);
    start.set_execution(execution);
    start.set_known(epochs_known(trial));
    if (const auto parent = parent_of(trial)) {
      start.set_has_parent(true);
      start.set_parent(*parent);
    }
    waiting_.push_back(std::move(order));
    deal();
  }

  void stop(int64_t trial) {
    const bool waited = std::erase_if(waiting_, [&](const TrialOrder& order) {
                          return order.start().trial() == trial;
                        }) > 0;
    if (waited) return lost_.push_back({trial, "it had not begun"});
    TrialOrder order;
    order.mutable_stop()->set_trial(trial);
    if (const auto worker = worker_of(trial)) send(worker->first, order);
  }

  void give(int64_t trial, int slots) {
    const auto worker = worker_of(trial);
    if (!worker) return;
    worker->second.trials.at(trial).wanted = slots;
    share_out(worker->first, worker->second);
  }

  void wait(Executor::Watcher& watcher, Clock::Duration at_most) {
    start_workers();
    context_.restart();
    context_.run_one_for(at_most);
    context_.poll();
    watcher.together([&] {
      for (const Event& event : std::exchange(events_, {})) take(watcher, event);
    });
    deal();
    for (const auto& [trial, why] : std::exchange(lost_, {}))
      watcher.ended(trial, {Cause::lost, why});
    require_somebody();
  }

  void dismiss(bool stopped) {
    dismissed_ = true;
    TrialOrder order;
    order.mutable_over()->set_stopped(stopped);
    for (const auto& [peer, worker] : workers_) send(peer, order);
    const auto until = Clock::current().now() + kFarewell;
    context_.restart();
    while (Clock::current().now() < until) {
      context_.run_one_for(std::chrono::milliseconds(20));
      for (const Event& event : std::exchange(events_, {}))
        if (!event.lost.empty()) workers_.erase(event.peer);
      if (workers_.empty()) break;
    }
  }

 private:
  control::ServerOptions server_options() const {
    return {.address = options_.listen,
            .job = hex16(job_),
            .ranks = kMostPeers,
            .timing = {.silence = kSilence}};
  }

  control::Server::Handlers handlers() {
    return {.connected = [](const Peer&) {},
            .message =
                [this](const Peer& peer, const control::Message& message) {
                  if (peer.role == control::WORKER && message.has_trial_news())
                    events_.push_back({peer, message.trial_news()});
                },
            .lost =
                [this](const Peer& peer, const std::string& why) {
                  events_.push_back({peer, {}, why});
                },
            .refused = [](const std::string&) {}};
  }

  std::pair<const Peer, Worker>* worker_of(int64_t trial) {
    for (auto& entry : workers_)
      if (entry.second.trials.contains(trial)) return &entry;
    return nullptr;
  }

  void send(const Peer& peer, const TrialOrder& order) {
    control::Message message;
    *message.mutable_trial_order() = order;
    server_.send(peer, message);  // where it does not arrive the worker is lost, and said to be
  }

  // What waits for a slot goes to whoever has most of them free.
  void deal() {
    while (!waiting_.empty()) {
      const auto best = std::ranges::max_element(
          workers_, {}, [](const auto& entry) { return entry.second.free(); });
      if (best == workers_.end() || best->second.free() <= 0) return;
      best->second.trials[waiting_.front().start().trial()] = {};
      send(best->first, waiting_.front());
      waiting_.pop_front();
      share_out(best->first, best->second);
    }
  }

  // A trial may have what its own host has left, at most what it was given of all.
  void share_out(const Peer& peer, Worker& worker) {
    if (worker.trials.empty()) return;
    const int fair = std::max(1, worker.slots / static_cast<int>(worker.trials.size()));
    for (auto& [trial, share] : worker.trials) {
      const int slots = std::min(share.wanted, fair);
      if (std::exchange(share.given, slots) == slots) continue;
      TrialOrder order;
      order.mutable_give()->set_trial(trial);
      order.mutable_give()->set_slots(static_cast<uint32_t>(slots));
      send(peer, order);
    }
  }

  void take(Executor::Watcher& watcher, const Event& event) {
    if (!event.news) return lose(event);
    const TrialNews& news = *event.news;
    if (news.has_offer()) return take_offer(event.peer, news.offer());
    const auto worker = workers_.find(event.peer);
    if (worker == workers_.end()) return;
    if (news.has_failure())
      throw Error(one_line(news.failure().words()), static_cast<ExitCode>(news.failure().code()));
    if (news.has_epoch() && worker->second.trials.contains(news.epoch().trial()))
      judge(watcher, event.peer, news.epoch());
    if (news.has_over() && worker->second.trials.erase(news.over().trial()) > 0) {
      share_out(worker->first, worker->second);
      end(watcher, news.over());
    }
  }

  void take_offer(const Peer& peer, const wire::WorkerOffer& offer) {
    const std::string host = one_line(offer.host());
    const int slots = static_cast<int>(std::min<uint32_t>(offer.slots(), kMostSlots));
    const auto [worker, is_new] = workers_.try_emplace(peer);
    worker->second.host = host;
    worker->second.slots = slots;
    say_(is_new ? fmt::format("[{}] joins with {} at a time", host, slots)
                : fmt::format("[{}] leaves: {} at a time", host, slots));
  }

  void judge(Executor::Watcher& watcher, const Peer& peer, const wire::EpochValue& epoch) {
    const Verdict verdict = watcher.report(epoch.trial(), epoch.epoch(), epoch.value());
    TrialOrder order;
    order.mutable_verdict()->set_trial(epoch.trial());
    order.mutable_verdict()->set_verdict(static_cast<uint32_t>(verdict));
    send(peer, order);
  }

  static void end(Executor::Watcher& watcher, const wire::ExecutionOver& over) {
    const auto cause =
        static_cast<Cause>(std::min(over.cause(), uint32_t{static_cast<int>(Cause::lost)}));
    watcher.ended(over.trial(), {cause,
                                 one_line(over.words()),
                                 {over.values().begin(), over.values().end()},
                                 over.parameters()});
  }

  void lose(const Event& event) {
    const auto worker = workers_.find(event.peer);
    if (worker == workers_.end()) return;
    const Worker gone = worker->second;
    workers_.erase(worker);
    if (gone.slots > 0) say_(fmt::format("[{}] is gone with {} at a time", gone.host, gone.slots));
    for (const auto& [trial, share] : gone.trials)
      lost_.push_back({trial, fmt::format("its worker on {} is gone", gone.host)});
  }

  void start_workers() {
    const auto now = Clock::current().now();
    for (Started& one : started_) {
      if (one.child || dismissed_ || now < one.again_at) continue;
      one.began = now;
      one.child = std::make_unique<supervise::ChildProcess>(
          context_, one.start.child,
          supervise::ChildProcess::Handlers{
              [&one](bool error, const std::string& line) {
                if (error && !line.empty()) one.last_words = one_line(line);
              },
              [this, &one](const supervise::ChildEnd& end) { note_end(one, end); }});
    }
  }

  void note_end(Started& one, const supervise::ChildEnd& end) {
    const auto now = Clock::current().now();
    if (one.last_words.empty()) one.last_words = supervise::text_of(end);
    one.quick_ends = now - one.began < kQuick ? one.quick_ends + 1 : 0;
    const Clock::Duration pause = kRestart * (int64_t{1} << std::min(one.quick_ends, 7));
    one.again_at = now + std::min<Clock::Duration>(pause, kLongestPause);
    asio::post(context_, [&one] { one.child.reset(); });  // not from inside its own handler
    if (!dismissed_)
      say_(fmt::format("[{}] the worker there ended ({}); it is started again", one.start.host,
                       one.last_words));
  }

  void require_somebody() {
    const auto now = Clock::current().now();
    if (!workers_.empty()) nobody_since_.reset();
    if (!workers_.empty()) return;
    if (!nobody_since_) nobody_since_ = now;
    const bool failed = !started_.empty() && std::ranges::all_of(started_, [](const Started& one) {
      return one.quick_ends >= kQuickEnds;
    });
    if (failed)
      fail(ExitCode::world, "sweep", "no worker stays: on {} it ended with: {}",
           started_.front().start.host, started_.front().last_words);
    if (now - *nobody_since_ > options_.patience)
      fail(ExitCode::world, "sweep",
           "no worker has come for {:.0f} s; the same command goes on when there are some",
           seconds_of(options_.patience));
  }

  const SweepFolder& folder_;
  const StudyFile& study_;
  WorkerPoolOptions options_;
  std::function<void(const std::string&)> say_;
  const uint64_t job_ = launch::draw_job();
  asio::io_context context_;
  launch::MeetingPlace place_;
  control::Server server_;
  int most_ = kMostSlots;
  std::map<Peer, Worker> workers_;
  std::deque<Event> events_;
  std::deque<TrialOrder> waiting_;  // executions that no slot is free for
  std::vector<std::pair<int64_t, std::string>> lost_;
  std::deque<Started> started_;  // handlers hold references
  std::optional<Clock::Duration> nobody_since_;
  bool dismissed_ = false;
};

WorkerPool::WorkerPool(const SweepFolder& folder, const StudyFile& study, WorkerPoolOptions options,
                       std::function<void(const std::string&)> say)
    : state_(std::make_unique<State>(folder, study, std::move(options), std::move(say))) {}
WorkerPool::~WorkerPool() = default;
int WorkerPool::slots() const { return state_->slots(); }
void WorkerPool::set_slots(int slots) { state_->set_slots(slots); }
void WorkerPool::start(const Trial& trial, int64_t execution) { state_->start(trial, execution); }
void WorkerPool::stop(int64_t trial) { state_->stop(trial); }
void WorkerPool::give(int64_t trial, int slots) { state_->give(trial, slots); }
void WorkerPool::wait(Watcher& watcher, Clock::Duration at_most) { state_->wait(watcher, at_most); }
void WorkerPool::dismiss(bool stopped) { state_->dismiss(stopped); }

}  // namespace tutti
