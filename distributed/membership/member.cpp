#include "distributed/membership/member.h"

#include <csignal>
#include <utility>

namespace tutti::membership {

Member::Member(MemberOptions options, Duration reading)
    : options_(options), time_(reading), lease_(Duration{0}, options.lease) {}

std::vector<Member::Action> Member::handle(Duration reading, const Event& event) {
  time_.advance(reading);
  if (left_) return {};
  // Before the event: an order that was under way for longer than the lease must not revive it.
  if (lease_.lapsed(time_.elapsed())) condemned_ = true;
  std::visit([this](const auto& what) { on(what); }, event);
  if (condemned_) end_rank();
  if (!left_ && (reports_ == 0 || time_.now() - sent_at_ >= options_.heartbeat)) send();
  return std::exchange(actions_, {});
}

void Member::on(const Order& order) {
  if (order.job != options_.job || order.member != options_.id || order.number <= order_) return;
  order_ = order.number;
  while (!sent_.empty() && sent_.front().number <= order.acknowledged) {
    lease_.renew(sent_.front().at + options_.lease);
    sent_.pop_front();
  }
  if (lease_.lapsed(time_.elapsed()) || order.directive == Directive::kill) condemned_ = true;
  if (!condemned_) obey(order);
}

void Member::obey(const Order& order) {
  if (order.world && order.world->generation > rank_.generation) {
    rank_ = {};
    rank_.generation = order.world->generation;
    decision_ = {};
    actions_.push_back(Enter{order.world, !rank_runs_});
    rank_runs_ = true;
  }
  if (order.directive == directive_ && order.decision == decision_) return;
  directive_ = order.directive;
  decision_ = order.decision;
  if (rank_runs_)
    actions_.push_back(Tell{directive_, decision_});
  else if (directive_ != Directive::train)
    condemned_ = true;
}

void Member::on(const RankState& state) {
  if (!rank_runs_) return;
  rank_heard_ = time_.now();
  rank_spoke_ = true;
  if (state.generation != rank_.generation) return;  // it has not left its old world yet
  const bool news = state.ready != rank_.ready || state.commit != rank_.commit ||
                    state.corrupt != rank_.corrupt || state.final_state != rank_.final_state;
  rank_ = state;
  if (news) send();
}

void Member::on(const RankEnded& ended) {
  exit_ = ended.exit;
  if (ended.last.generation == rank_.generation) rank_ = ended.last;
  send();
  const bool expected = directive_ == Directive::finish || directive_ == Directive::stop;
  actions_.push_back(Leave{.by_signal = !expected || condemned_});
  left_ = true;
}

void Member::end_rank() {
  if (left_) return;
  if (rank_runs_) {
    actions_.push_back(KillRank{});  // again at each event until its end is seen
    if (!killed_) killed_ = time_.elapsed();
    if (time_.elapsed() - *killed_ < options_.unkillable) return;
  }
  exit_ = Exit{.by_signal = true, .code = SIGKILL};
  send();
  actions_.push_back(Leave{.by_signal = true});
  left_ = true;
}

void Member::send() {
  sent_at_ = time_.now();
  sent_.push_back({++reports_, time_.elapsed()});
  Report report{options_.job, options_.id, reports_, options_.boot, Duration{0}, rank_, exit_};
  if (rank_runs_ && rank_spoke_) report.silent = time_.now() - rank_heard_;
  actions_.push_back(std::move(report));
}

}  // namespace tutti::membership
