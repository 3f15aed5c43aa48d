#include "scheduler/pruners/bracket.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace tutti {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr double kWorst = std::numeric_limits<double>::infinity();

}  // namespace

int64_t grown(int64_t steps, int64_t factor, int64_t rungs) {
  for (; rungs > 0; --rungs) {
    if (steps > kNever / factor) return kNever;
    steps *= factor;
  }
  return steps;
}

int64_t Bracket::rungs_at(int64_t step) const {
  int64_t rungs = 0;
  for (int64_t next = first; next <= step && (!end || next < *end); ++rungs) {
    if (next > kNever / factor) return rungs + 1;
    next *= factor;
  }
  return rungs;
}

int64_t Bracket::rungs_of(const Trial& trial) const {
  return trial.intermediate.empty() ? 0 : rungs_at(*trial.last_step());
}

int64_t Bracket::rungs_before_last(const Trial& trial) const {
  if (trial.intermediate.size() < 2) return 0;
  return rungs_at(std::next(trial.intermediate.rbegin())->first);
}

Verdict Bracket::stop_or_go_on(const StudyRecord& study, const Trial& trial) const {
  const auto& [step, value] = *trial.intermediate.rbegin();
  const double loss = loss_of(study.directions[0], value);
  for (int64_t rung = rungs_before_last(trial); rung < rungs_at(step); ++rung) {
    if (std::isnan(value)) return Verdict::stop;
    const int64_t bound = grown(first, factor, rung);
    int64_t there = 1, better = 0;
    for (const Trial& other : study.trials) {
      const auto found = other.intermediate.lower_bound(bound);
      if (found == other.intermediate.end() || std::isnan(found->second)) continue;
      if (other.number == trial.number || !competes(other)) continue;
      // One that ended at its last report did so in the first of the rungs which that reached.
      if (other.state == TrialState::pruned && std::next(found) == other.intermediate.end() &&
          rung > rungs_before_last(other))
        continue;
      ++there;
      if (loss_of(study.directions[0], found->second) < loss) ++better;
    }
    if (there <= bootstrap_count || better >= std::max<int64_t>(there / factor, 1))
      return Verdict::stop;
  }
  return Verdict::go_on;
}

Verdict Bracket::pause_or_go_on(const Trial& trial) const {
  if (rungs_of(trial) == rungs_before_last(trial)) return Verdict::go_on;
  return std::isnan(trial.intermediate.rbegin()->second) ? Verdict::stop : Verdict::pause;
}

std::vector<Bracket::Entry> Bracket::entries(const StudyRecord& study, int64_t rung) const {
  std::vector<Entry> entries;
  const int64_t bound = grown(first, factor, rung);
  for (const Trial& trial : study.trials) {
    const int64_t reached = rungs_of(trial);
    const bool fell = reached == rung && trial.state == TrialState::failed;
    if ((reached <= rung && !fell) || !competes(trial)) continue;
    const double value = fell ? kWorst : trial.intermediate.lower_bound(bound)->second;
    const double loss = fell || std::isnan(value) ? kWorst : loss_of(study.directions[0], value);
    entries.push_back({trial.number, loss, reached == rung + 1 && trial.suspended()});
  }
  return entries;
}

std::optional<int64_t> Bracket::promotable(const StudyRecord& study) const {
  int64_t rungs = 0;
  for (const Trial& trial : study.trials)
    if (trial.suspended()) rungs = std::max(rungs, rungs_of(trial));
  for (int64_t rung = rungs - 1; rung >= 0; --rung) {
    auto there = entries(study, rung);
    const auto count = static_cast<int64_t>(there.size());
    if (count <= bootstrap_count) continue;
    const auto best = there.begin() + static_cast<std::ptrdiff_t>(count / factor);
    const auto before = [](const Entry& a, const Entry& b) {
      return std::tie(a.loss, a.number) < std::tie(b.loss, b.number);
    };
    std::partial_sort(there.begin(), best, there.end(), before);
    const auto found = std::find_if(there.begin(), best, [](const Entry& e) { return e.paused; });
    if (found != best) return found->number;
  }
  return {};
}

std::optional<FirstCourse> first_course(const StudyRecord& study) {
  for (size_t i = 0; i < study.finished.size(); ++i) {
    const Trial& trial = study.trials[static_cast<size_t>(study.finished[i])];
    if (trial.state == TrialState::complete && !trial.intermediate.empty())
      return FirstCourse{*trial.last_step(), static_cast<int64_t>(i) + 1};
  }
  return {};
}

}  // namespace tutti
