// Who is lost: silence, hangs, and the certainty that a member is gone.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "distributed/membership/judge.h"

namespace tutti::membership {

void Judge::watch() {
  for (Peer& peer : peers_) {
    const Duration unheard = time_.now() - peer.heard;
    if (peer.fate == Peer::Fate::condemned && unheard >= options_.dead_after) {
      peer.fate = Peer::Fate::gone;
      peer.unseen = true;
      lose_host(peer);
    }
    if (peer.fate != Peer::Fate::live) continue;
    if (peer.report == 0) {
      if (unheard >= options_.start_timeout) {
        lose_host(peer);
        evict(peer, Cause::unreachable, "did not start");
      }
    } else if (unheard >= options_.heartbeat_timeout) {
      evict(peer, Cause::unreachable, "cannot be reached");
    } else if (peer.silent >= options_.heartbeat_timeout) {
      evict(peer, Cause::silent, "has stopped");
    }
  }
  if (phase_ != Phase::running) return;
  doubt_start();
  watch_progress();
}

// A start lasts as long as it lasts. Whether the hosts that are not heard can be reached is asked
// meanwhile: what waits for one that is gone would wait for ever.
void Judge::doubt_start() {
  for (const Peer& peer : peers_) {
    const std::string& host = peer.seat.host;
    if (peer.report > 0 || time_.now() - peer.heard < options_.doubt_after) continue;
    if (heard_from(host) || !doubted_.try_emplace(host).second) continue;
    actions_.push_back(Probe{host});
  }
}

// Where no host at all answers it is not the hosts.
void Judge::take_doubt(const Probed& probed) {
  const auto found = doubted_.find(probed.host);
  if (phase_ != Phase::running || found == doubted_.end()) return;
  found->second = probed.well;
  const bool others =
      std::ranges::any_of(doubted_, [](const auto& one) { return one.second == true; }) ||
      std::ranges::any_of(peers_, [](const Peer& peer) { return peer.report > 0; });
  if (!others) return;
  std::vector<Peer*> lost;
  for (Peer& peer : peers_) {
    const auto doubt = doubted_.find(peer.seat.host);
    const bool failed = doubt != doubted_.end() && doubt->second == false;
    if (failed && !heard_from(peer.seat.host)) lost.push_back(&peer);
  }
  for (Peer* peer : lost) lose_host(*peer);
  for (Peer* peer : lost)
    evict(*peer, Cause::unreachable, "cannot be reached", ", before it had started");
}

// A world in which nothing moves is held up by those who do not wait; if all wait for each other,
// or nobody waits, there is none to single out.
void Judge::watch_progress() {
  const Duration still = time_.now() - progressed_;
  if (still < options_.hang_timeout) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(still).count();
  if (std::ranges::any_of(peers_, [](const Peer& peer) { return peer.report == 0; })) return;
  std::vector<Peer*> stuck;
  std::vector<int> waiting;
  for (Peer& peer : peers_) {
    if (!peer.rank.progress.waiting)
      stuck.push_back(&peer);
    else
      waiting.push_back(static_cast<int>(&peer - peers_.data()));
  }
  if (stuck.empty() || waiting.empty()) {
    const Progress& first = peers_.front().rank.progress;
    fail({Cause::stuck,
          {},
          first.step,
          fmt::format("all ranks are stuck, rank 0 in {} at step {}, for {} s", first.where,
                      first.step, seconds)});
    return condemn_all();
  }
  for (Peer* peer : stuck)
    evict(*peer, Cause::stuck, "is stuck in " + peer->rank.progress.where,
          fmt::format(" for {} s; ranks {} wait", seconds, fmt::join(waiting, ", ")));
}

void Judge::evict(Peer& peer, Cause cause, const std::string& what, const std::string& others) {
  const int64_t step = peer.rank.progress.step;
  condemn(peer);
  fail({cause, {}, step, fmt::format("{} {} at step {}{}", name(peer), what, step, others)});
}

bool Judge::heard_from(const std::string& host) const {
  return std::ranges::any_of(
      peers_, [&](const Peer& peer) { return peer.seat.host == host && peer.report > 0; });
}

// A host is lost with the last of its supervisors that was heard.
void Judge::lose_host(const Peer& peer) {
  const bool other = std::ranges::any_of(peers_, [&](const Peer& one) {
    return one.seat.host == peer.seat.host && one.report > 0 && one.spoke > peer.spoke;
  });
  if (!other) hosts_.failed(peer.seat.host, time_.now());
}

// Ranks that lost their peers tell of no reason: it is with hosts that the world needed and that
// nobody was heard from.
void Judge::doubt_hosts() {
  std::vector<std::string> needed = world_->read_at;
  for (const Seat& seat : world_->seats) needed.push_back(seat.host);
  for (const std::string& host : needed)
    if (!heard_from(host)) hosts_.failed(host, time_.now());
}

// Who was never heard was never answered, and a supervisor starts nothing before it is.
void Judge::condemn(Peer& peer) {
  if (peer.fate != Peer::Fate::live) return;
  peer.fate = peer.report == 0 ? Peer::Fate::gone : Peer::Fate::condemned;
  if (peer.report > 0) answer(peer);
}

void Judge::condemn_all() {
  for (Peer& peer : peers_) condemn(peer);
}

void Judge::fail(Failure failure) {
  if (phase_ != Phase::running && phase_ != Phase::clearing) return;
  if (phase_ == Phase::running) {
    phase_ = Phase::clearing;
    failure_.reset();
  } else if (!failure_) {
    return;  // the world is left for another size
  }
  if (!options_.in_place && failure.cause != Cause::corrupt) condemn_all();  // MPI ends them anyway
  if (failure_ && failure.cause <= failure_->cause) return;
  failure_ = std::move(failure);
  // A consequence is told where no reason is found for it.
  if (failure_->cause != Cause::consequence)
    say(fmt::format("[world {}] {}", generation_, failure_->words));
}

int Judge::count(Peer::Fate fate) const {
  return static_cast<int>(std::ranges::count(peers_, fate, &Peer::fate));
}

}  // namespace tutti::membership
