#include "distributed/membership/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace tutti::membership {

Judge::Judge(JudgeOptions options, std::vector<HostSpec> hosts, Duration reading)
    : options_(options), time_(reading), hosts_(std::move(hosts), options.cool_down) {}

std::vector<Judge::Action> Judge::handle(Duration reading, const Event& event) {
  time_.advance(reading);
  std::visit([this](const auto& what) { on(what); }, event);
  review();
  return std::exchange(actions_, {});
}

void Judge::on(const Tick&) {
  for (const Peer& peer : peers_)
    if (peer.fate == Peer::Fate::condemned) answer(peer);  // its reports may not get through
  if (phase_ == Phase::ended) return;
  for (std::string& host : hosts_.due(time_.now())) actions_.push_back(Probe{std::move(host)});
}

void Judge::on(const Report& report) {
  if (report.job != options_.job) return;
  Peer* peer = find(report.member);
  if (!peer || peer->fate == Peer::Fate::gone)  // of a world that is over
    return order(report.member, report.number, Directive::kill);
  if (report.number <= peer->report) return;
  if (peer->report == 0) progressed_ = time_.now();  // it has come up
  peer->report = report.number;
  peer->boot = report.boot;
  peer->spoke = time_.now();
  if (peer->fate == Peer::Fate::live) peer->heard = time_.now();
  peer->silent = report.silent;
  hosts_.heard(peer->seat.host, report.boot);
  if (report.rank.generation == generation_) take(*peer, report.rank);
  if (!report.exit) return answer(*peer);
  end(*peer, *report.exit);
}

void Judge::on(const Gone& gone) {
  Peer* peer = find(gone.member);
  if (peer && peer->fate != Peer::Fate::gone) end(*peer, {.by_signal = true, .code = SIGKILL});
}

void Judge::end(Peer& peer, const Exit& exit) {
  const Cause cause = cause_of(exit);
  const bool ours = peer.fate == Peer::Fate::condemned && cause == Cause::killed;
  peer.fate = Peer::Fate::gone;
  if (ours) return;
  if (cause == Cause::consequence) followers_.push_back(static_cast<int>(&peer - peers_.data()));
  const int64_t step = peer.rank.progress.step;
  fail({cause, exit, step, fmt::format("{} {} at step {}", name(peer), words_of(exit), step)});
}

void Judge::take(Peer& peer, const RankState& rank) {
  if (rank.progress != peer.rank.progress || rank.ready != peer.rank.ready)
    progressed_ = time_.now();
  peer.rank = rank;
  peer.joined = peer.joined || rank.ready;
  if (phase_ != Phase::running || peer.fate != Peer::Fate::live) return;
  const Decision before = ledger_.decision();
  const auto seat = static_cast<int>(&peer - peers_.data());
  if (!rank.corrupt.empty()) {
    return fail({Cause::corrupt,
                 {},
                 rank.progress.step,
                 fmt::format("{}: {} at step {}", name(peer), rank.corrupt, rank.progress.step)});
  }
  if (const auto commit = ledger_.note(seat, peer.boot, rank.commit)) keep(*commit);
  if (ledger_.decision() != before) answer_all();
}

void Judge::keep(const Commit& commit) {
  kept_ = commit;
  for (const Seat& seat : world_->seats) hosts_.proven(seat.host);
  if (!wants_other_size()) return;
  say(fmt::format("[world {}] goes on in another size from step {}", generation_, commit.step));
  phase_ = Phase::clearing;
  failure_.reset();
  condemn_all();
}

void Judge::on(const Probed& probed) {
  if (hosts_.probed(probed.host, probed.well, probed.boot, time_.now()))
    say(fmt::format("[launch] no process can be started on {}: it is left out until one can",
                    probed.host));
  take_doubt(probed);
}

void Judge::on(const WorldEnded& ended) {
  if (ended.started != started_) return;
  const bool nobody = std::ranges::none_of(peers_, [](const Peer& p) { return p.report > 0; });
  if (nobody && phase_ == Phase::running) {
    for (const Peer& peer : peers_) hosts_.doubt(peer.seat.host, time_.now());
    fail({Cause::no_start, {}, -1, "the world could not be started: " + ended.words});
  } else {
    fail({Cause::consequence, {}, -1, "the world ended: " + ended.words});
  }
  condemn_all();
}

void Judge::on(const Resize& resize) {
  if (resize.ranks < options_.min_ranks || resize.ranks > options_.max_ranks) {
    return say(
        fmt::format("[resize] {} ranks are not within {} to {}: set --min-ranks or "
                    "--max-ranks",
                    resize.ranks, options_.min_ranks, options_.max_ranks));
  }
  options_.ranks = resize.ranks;
  say(fmt::format("[resize] {} ranks from the next commit on", resize.ranks));
}

void Judge::on(const Stop& stop) {
  if (phase_ == Phase::ending || phase_ == Phase::ended) return;
  conclude({Outcome::stopped, {}, stop.words}, Directive::stop, options_.stop_grace);
}

Judge::Peer* Judge::find(MemberId member) {
  const auto at =
      std::ranges::find_if(peers_, [&](const Peer& peer) { return peer.seat.member == member; });
  return at == peers_.end() ? nullptr : &*at;
}

void Judge::answer(const Peer& peer) {
  const bool live = peer.fate == Peer::Fate::live;
  order(peer.seat.member, peer.report, live ? directive_ : Directive::kill);
}

void Judge::answer_all() {
  for (const Peer& peer : peers_)
    if (peer.fate == Peer::Fate::live && peer.report > 0) answer(peer);
}

void Judge::order(MemberId member, uint64_t acknowledged, Directive directive) {
  Order order{options_.job, member, ++orders_, acknowledged, directive, nullptr, {}};
  if (directive != Directive::kill) {
    order.world = world_;
    order.decision = ledger_.decision();
  }
  actions_.push_back(std::move(order));
}

std::string Judge::name(const Peer& peer) const {
  return fmt::format("rank {} on {}", &peer - peers_.data(), peer.seat.host);
}

}  // namespace tutti::membership
