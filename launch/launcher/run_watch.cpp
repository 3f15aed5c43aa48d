#include "launch/launcher/run_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/shard_layout.h"

namespace tutti::launch {
namespace {

using membership::Judge;

constexpr std::chrono::seconds kWindow{5};  // that rates are taken over
constexpr std::chrono::seconds kLook{1};    // between two at who holds the others up
constexpr size_t kEvents = 200;

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}
double seconds(std::chrono::steady_clock::duration passed) {
  return std::chrono::duration<double>(passed).count();
}

std::string words_of(Judge::Phase phase) {
  switch (phase) {
    case Judge::Phase::waiting:
      return "waiting for hosts";
    case Judge::Phase::running:
      return "training";
    case Judge::Phase::clearing:
      return "recovering";
    case Judge::Phase::ending:
      return "ending";
    case Judge::Phase::ended:
      return "ended";
  }
  return "";
}

}  // namespace

RunWatch::RunWatch(std::filesystem::path directory, const TrainingSize& size, StragglerWatch watch)
    : directory_(std::move(directory)),
      size_(size),
      files_(directory_),
      started_(unix_now()),
      straggler_watch_(watch) {}

void RunWatch::report(const membership::Report& report, Time now) {
  Rank& rank = ranks_[report.member];
  const bool other_world =
      !rank.heard.empty() && rank.heard.back().rank.generation != report.rank.generation;
  if (other_world) rank = {};
  if (rank.heard.empty() || rank.heard.back().rank.progress.where != report.rank.progress.where)
    rank.since = now;
  while (rank.heard.size() > 1 && now - rank.heard.front().at > kWindow) rank.heard.pop_front();
  rank.heard.push_back({now, report.rank});
  if (rank.awaited.size() > 16) rank.awaited.erase(rank.awaited.begin());
  if (report.rank.pace.awaited >= 0) rank.awaited.push_back(report.rank.pace.awaited);
  if (report.rank.generation == generation_)
    reached_ = std::max(reached_, report.rank.progress.step);
}

void RunWatch::say(const std::string& line) {
  events_.push_back({unix_now(), line});
  if (events_.size() > kEvents) events_.pop_front();
}

RankStatus RunWatch::rank_status(int rank, const membership::Seat& seat, Time now) const {
  RankStatus status;
  status.rank = rank;
  status.host = seat.host;
  const auto found = ranks_.find(seat.member);
  if (found == ranks_.end()) return status;
  const Heard &first = found->second.heard.front(), &last = found->second.heard.back();
  status.phase = !last.rank.ready ? "starting" : last.rank.final_state ? "finished" : "training";
  status.step = last.rank.progress.step;
  status.where = last.rank.progress.where;
  status.waiting = last.rank.progress.waiting;
  status.awaited = last.rank.pace.awaited;
  status.since = seconds(now - found->second.since);
  status.silent = seconds(now - last.at);
  status.seconds = last.rank.pace.seconds;
  status.waited = last.rank.pace.waited;
  if (const double passed = seconds(last.at - first.at); passed > 0) {
    status.steps_per_second =
        static_cast<double>(last.rank.progress.step - first.rank.progress.step) / passed;
    status.bytes_per_second =
        static_cast<double>(last.rank.pace.bytes - first.rank.pace.bytes) / passed;
  }
  return status;
}

std::vector<Straggler> RunWatch::stragglers(const membership::World& world) const {
  std::vector<RankPace> paces;
  const bool connected = std::ranges::any_of(world.seats, [&](const membership::Seat& seat) {
    return seat.host != world.seats[0].host;  // by more than memory
  });
  for (size_t r = 0; r < world.seats.size(); ++r) {
    const auto found = ranks_.find(world.seats[r].member);
    if (found == ranks_.end() || found->second.heard.size() < 2) return {};
    const membership::RankState &first = found->second.heard.front().rank,
                                &last = found->second.heard.back().rank;
    // Before training and after it ranks do different things: rank 0 writes, say, a report.
    if (!first.ready || last.final_state) return {};
    const membership::Pace &before = first.pace, &after = last.pace;
    RankPace pace{static_cast<int>(r), {}, after.waited - before.waited, {}};
    if (connected) pace.awaited = found->second.awaited;
    if (size_.shards > 0)
      pace.share = static_cast<double>(
          part_of(size_.shards, static_cast<int64_t>(world.seats.size()), pace.rank).size());
    for (size_t k = 0; k < kActivityKinds; ++k)
      pace.seconds[k] = after.seconds[k] - before.seconds[k];
    paces.push_back(std::move(pace));
  }
  return find_stragglers(paces);
}

// It begins from a commit, or else from the newest checkpoint: what came after that is done again.
void RunWatch::enter(const membership::World& world, Time now) {
  const int64_t from =
      world.commit ? world.commit->step : files_.newest(now).checkpoint_step.value_or(0);
  if (generation_ > 0) lost_ += std::max<int64_t>(0, reached_ - from);
  generation_ = world.generation;
  reached_ = from;
  straggler_watch_.forget();
}

std::vector<std::string> RunWatch::look(const Judge& judge, Time now) {
  const membership::World* world = judge.world();
  if (!world) return {};
  if (world->generation != generation_) enter(*world, now);
  if (now - looked_ < kLook) return {};
  looked_ = now;
  std::vector<std::string> lines;
  for (const Straggler& one : straggler_watch_.look(now, reached_, stragglers(*world)))
    lines.push_back(fmt::format("[world {}] {}; {}", world->generation,
                                describe(one, world->seats[static_cast<size_t>(one.rank)].host),
                                remedy(one.cause)));
  return lines;
}

RunStatus RunWatch::status(const Judge& judge, Time now) {
  RunStatus status;
  status.job = directory_.filename().string();
  status.directory = directory_.string();
  status.phase = words_of(judge.phase());
  status.verdict = verdict_;
  status.time = unix_now();
  status.started = started_;
  status.generation = judge.generation();
  status.restarts = static_cast<int>(std::max<uint64_t>(judge.generation(), 1) - 1);
  status.lost_steps = lost_;
  if (judge.kept()) status.commit_step = judge.kept()->step;
  const RunFiles& files = files_.newest(now);
  status.epochs_done = files.epochs;
  status.epochs = size_.epochs;
  status.curves = files.curves;
  status.checkpoint_step = files.checkpoint_step;
  status.events.assign(events_.begin(), events_.end());
  const membership::World* world = judge.world();
  if (!world) return status;
  for (size_t r = 0; r < world->seats.size(); ++r) {
    status.ranks.push_back(rank_status(static_cast<int>(r), world->seats[r], now));
    status.step = std::max(status.step, status.ranks.back().step);
    status.steps_per_second =
        std::max(status.steps_per_second, status.ranks.back().steps_per_second);
  }
  status.rows_per_second = status.steps_per_second * static_cast<double>(size_.batch);
  status.stragglers = stragglers(*world);
  return status;
}

}  // namespace tutti::launch
