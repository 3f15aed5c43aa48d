// What follows when a world is over: a smaller one in place, a new one, or the end.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "distributed/membership/judge.h"

namespace tutti::membership {

void Judge::review() {
  if (phase_ != Phase::ended) watch();
  // Who is asked to stop may have trained all there was.
  const bool stops = phase_ == Phase::ending && directive_ == Directive::stop && !peers_.empty();
  if (phase_ == Phase::running || stops) {
    const auto final_state = [](const Peer& peer) { return peer.rank.final_state; };
    if (std::ranges::all_of(peers_, [&](const Peer& p) { return final_state(p).has_value(); })) {
      if (std::ranges::all_of(
              peers_, [&](const Peer& p) { return final_state(p) == final_state(peers_[0]); }))
        conclude({Outcome::done, {}, "done"}, Directive::finish, options_.finish_grace);
      else
        conclude({Outcome::job_failed, {}, "ranks disagree about the final state"}, Directive::kill,
                 Duration{0});
    }
  }
  if (phase_ == Phase::clearing && count(Peer::Fate::condemned) == 0) recover();
  if (phase_ == Phase::waiting) try_start();
  if (phase_ == Phase::ending) {
    if (time_.now() >= deadline_) condemn_all();
    if (count(Peer::Fate::gone) < static_cast<int>(peers_.size())) return;
    leave_world();
    phase_ = Phase::ended;
    actions_.push_back(End{verdict_});
  }
}

void Judge::conclude(Verdict verdict, Directive directive, Duration grace) {
  verdict_ = std::move(verdict);
  phase_ = Phase::ending;
  directive_ = directive;
  deadline_ = time_.now() + grace;
  for (Peer& peer : peers_)
    if (peer.report == 0) peer.fate = Peer::Fate::gone;
  if (directive == Directive::kill)
    condemn_all();
  else
    answer_all();
}

// Everybody who had to be gone is gone.
void Judge::recover() {
  if (failure_) {
    const Failure failure = *std::exchange(failure_, std::nullopt);
    tell_consequences(failure);
    const auto end = [&](Outcome outcome, const std::string& words) {
      conclude({outcome, failure.exit, words}, Directive::kill, Duration{0});
    };
    if (was_asked(failure.exit)) return end(Outcome::stopped, failure.words);
    if (ends_job(failure)) return end(Outcome::job_failed, failure.words);
    // A start that failed is no reason any more once another went well.
    const auto since =
        failure.cause == Cause::no_start && !past_.empty() ? past_.end() - 1 : past_.begin();
    if (std::any_of(since, past_.end(), [&](const Failure& one) { return same(one, failure); }))
      return end(Outcome::repeated_failure, failure.words + ", as before");
    if (failure.cause == Cause::consequence) doubt_hosts();
    past_.push_back(failure);
    if (static_cast<int>(past_.size()) > options_.restarts)
      return end(Outcome::out_of_restarts,
                 fmt::format("{}; {} restarts are used up", failure.words, options_.restarts));
  }
  if (count(Peer::Fate::live) > 0) {
    if (shrink()) return;
    condemn_all();  // and here again, when they are gone
    if (count(Peer::Fate::condemned) > 0) return;
  }
  leave_world();
  phase_ = Phase::waiting;
  since_ = time_.now();
  wait_told_ = false;
}

void Judge::tell_consequences(const Failure& failure) {
  if (failure.cause == Cause::consequence)
    say(fmt::format("[world {}] {}", generation_, failure.words));
  else if (!followers_.empty())
    say(fmt::format("[world {}] rank{} {} ended because of it", generation_,
                    followers_.size() > 1 ? "s" : "", fmt::join(followers_, ", ")));
  followers_.clear();
}

// In place, from a commit that the survivors' hosts hold. All of a world can always go back. MPI
// notices that a process ends, not that a host cannot be reached: its shrinking could wait for
// ever.
bool Judge::shrink() {
  const bool all = count(Peer::Fate::live) == static_cast<int>(peers_.size());
  if (!kept_ || (!all && !options_.in_place)) return false;
  if (std::ranges::any_of(peers_, [](const Peer& peer) { return peer.unseen; })) return false;
  std::vector<Peer> peers;
  std::set<std::string> hosts;
  for (const Peer& peer : peers_) {
    if (peer.fate != Peer::Fate::live) continue;
    if (!peer.joined) return false;
    peers.push_back(peer);
    peers.back().rank = {};
    hosts.insert(peer.seat.host);
  }
  if (static_cast<int>(peers.size()) < options_.min_ranks) return false;
  auto read_at = readable_at(*kept_, [&](const Place& place) {
    return hosts.contains(place.host) && hosts_.holds(place);
  });
  if (!read_at) return false;
  World world;
  for (const Peer& peer : peers) world.seats.push_back(peer.seat);
  world.commit = kept_;
  world.read_at = std::move(*read_at);
  begin(std::move(world), std::move(peers));
  answer_all();
  return true;
}

// Once, where the answer of a host does not end it soon.
void Judge::tell_wait(const std::string& words) {
  if (wait_told_ || time_.now() - since_ < options_.patience) return;
  wait_told_ = true;
  say(fmt::format("[launch] {}: more are waited for, {} s at most", words,
                  std::chrono::duration_cast<std::chrono::seconds>(options_.wait).count()));
}

void Judge::try_start() {
  const std::vector<std::string> seats = hosts_.seats(options_.ranks, kept_);
  if (static_cast<int>(seats.size()) < options_.min_ranks) {
    const std::string words = fmt::format("hosts for {} ranks are left, at least {} are wanted",
                                          seats.size(), options_.min_ranks);
    if (time_.now() - since_ < options_.wait) return tell_wait(words);
    return conclude({Outcome::too_few_ranks, {}, words}, Directive::kill, Duration{0});
  }
  const bool awaited = hosts_.answer_awaited(time_.now());
  const bool fewer = static_cast<int>(seats.size()) < options_.ranks;
  if (fewer && awaited && time_.now() - since_ < options_.patience) return;
  World world;
  if (kept_ && !find_commit(world)) return;
  std::vector<Peer> peers;
  for (size_t rank = 0; rank < seats.size(); ++rank) {
    world.seats.push_back({{generation_ + 1, static_cast<int>(rank)}, seats[rank]});
    peers.push_back({.seat = world.seats.back()});
  }
  started_ = generation_ + 1;
  begin(std::move(world), std::move(peers));
  actions_.push_back(Start{world_});
}

// Where the kept commit is read, or that it is lost; false while hosts that may bring it back are
// waited for.
bool Judge::find_commit(World& world) {
  auto read_at = readable_at(*kept_, [&](const Place& place) { return hosts_.holds(place); });
  if (read_at) {
    world.commit = kept_;
    world.read_at = std::move(*read_at);
    return true;
  }
  const auto hope = readable_at(*kept_, [&](const Place& place) { return hosts_.may_hold(place); });
  const bool awaited = hosts_.answer_awaited(time_.now());
  if (hope && (awaited || time_.now() - since_ < options_.patience)) return false;
  say(fmt::format("[world {}] the commit of step {} is lost with its hosts: back to disk",
                  generation_, kept_->step));
  kept_.reset();
  return true;
}

void Judge::begin(World world, std::vector<Peer> peers) {
  world.generation = ++generation_;
  world_ = std::make_shared<const World>(std::move(world));
  peers_ = std::move(peers);
  std::vector<std::string> hosts;
  for (Peer& peer : peers_) {
    if (peer.report == 0) peer.heard = time_.now();
    hosts.push_back(peer.seat.host);
  }
  ledger_ = CommitLedger(generation_, std::move(hosts));
  doubted_.clear();
  followers_.clear();
  say(fmt::format("[world {}] {} ranks, {}", generation_, peers_.size(),
                  world_->commit ? fmt::format("from the commit of step {}", world_->commit->step)
                                 : "from disk or the beginning"));
  phase_ = Phase::running;
  progressed_ = time_.now();
  if (!options_.grow_back) options_.ranks = static_cast<int>(peers_.size());
}

bool Judge::wants_other_size() const {
  const auto seats = static_cast<int>(hosts_.seats(options_.ranks, kept_).size());
  if (seats < options_.min_ranks) return false;
  return seats != static_cast<int>(peers_.size()) ||
         std::ranges::any_of(peers_, [&](const Peer& p) { return !hosts_.listed(p.seat.host); });
}

void Judge::leave_world() {
  peers_.clear();
  world_.reset();
  if (started_ != 0) actions_.push_back(EndWorld{std::exchange(started_, 0)});
}

}  // namespace tutti::membership
