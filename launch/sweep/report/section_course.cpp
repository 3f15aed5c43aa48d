// How the sweep went.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

#include "launch/drawing/charts.h"
#include "launch/drawing/study_charts.h"
#include "launch/sweep/report/study_sections.h"
#include "launch/sweep/sweep_table.h"
#include "scheduler/study/journal_line.h"

namespace tutti {
namespace {

using drawing::Axis;
using drawing::Curves;
using drawing::Ink;
using drawing::Series;

constexpr size_t kMostCurves = 300, kMostObjectives = 4;

// What a trial's state is drawn in; a word says it too.
Ink ink_of(const Trial& trial) {
  switch (trial.state) {
    case TrialState::complete:
      return Ink::series_1;
    case TrialState::pruned:
      return Ink::series_2;
    case TrialState::failed:
      return Ink::series_4;
    default:
      return Ink::series_3;
  }
}

void add_history(Page& page, const SweepSource& source, size_t objective) {
  const auto scored = scored_trials(source, objective);
  if (scored.empty()) return;
  const Direction direction = source.record.directions[objective];
  Series trials{"complete trials", {}, {}, Ink::series_1},
      best{"best so far", {}, {}, Ink::series_2};
  trials.joined = false;
  for (const auto& [trial, value] : scored) {
    const auto number = static_cast<double>(trial->number);
    trials.x.push_back(number), trials.y.push_back(value);
    if (trial->violation() > 0) continue;
    const bool better =
        best.y.empty() || loss_of(direction, value) < loss_of(direction, best.y.back());
    if (!best.y.empty()) best.x.push_back(number), best.y.push_back(best.y.back());
    if (better) best.x.push_back(number), best.y.push_back(value);
  }
  Curves curves{objective_name(source, objective) + " by trial",
                {"trial", 0, std::max(1.0, static_cast<double>(source.record.trials.size()) - 1)},
                objective_axis(source, objective),
                {best, trials}};
  curves.x.whole = true;
  page.figure(
      fmt::format("history_{}", objective), drawing::draw_curves(curves),
      source.record.directions.size() > 1
          ? ""
          : "Where the line no longer falls or rises, more trials of this kind bring little.");
}

// The best first, then the latest.
std::vector<const Trial*> trials_with_curves(const SweepSource& source, size_t& all) {
  std::vector<const Trial*> chosen = source.record.ranking();
  for (auto trial = source.record.trials.rbegin(); trial != source.record.trials.rend(); ++trial)
    if (std::ranges::find(chosen, &*trial) == chosen.end()) chosen.push_back(&*trial);
  std::erase_if(chosen, [](const Trial* trial) { return trial->intermediate.empty(); });
  all = chosen.size();
  chosen.resize(std::min(all, kMostCurves));
  return chosen;
}

Series curve_of(const Trial& trial, double opacity) {
  Series curve{"", {}, {}, ink_of(trial)};
  curve.opacity = opacity;
  for (const auto& [step, value] : trial.intermediate)
    curve.x.push_back(static_cast<double>(step)), curve.y.push_back(value);
  return curve;
}

void add_learning_curves(Page& page, const SweepSource& source) {
  size_t all = 0;
  const auto trials = trials_with_curves(source, all);
  Axis steps{"epoch", std::numeric_limits<double>::infinity(), 0};
  for (const Trial* trial : trials) {
    steps.low = std::min(steps.low, static_cast<double>(trial->intermediate.begin()->first));
    steps.high = std::max(steps.high, static_cast<double>(*trial->last_step()));
  }
  if (!(steps.low < steps.high)) return;
  const std::string& name = objective_name(source, 0);
  Curves curves{name + " by epoch", steps, {}, {}};
  curves.x.whole = true;
  std::vector<std::vector<double>> values;
  Series ends{"pruned here", {}, {}, Ink::series_2};
  ends.joined = false;
  std::map<Ink, std::string> words;
  const double opacity = std::clamp(8.0 / static_cast<double>(trials.size()), 0.1, 0.8);
  for (auto trial = trials.rbegin(); trial != trials.rend(); ++trial) {
    Series curve = curve_of(**trial, opacity);
    if (words.emplace(curve.ink, state_text(**trial)).second) curve.name = state_text(**trial);
    values.push_back(curve.y);
    if ((*trial)->state == TrialState::pruned)
      ends.x.push_back(curve.x.back()), ends.y.push_back(curve.y.back());
    curves.series.push_back(std::move(curve));
  }
  if (!ends.x.empty()) curves.series.push_back(ends);
  if (source.record.directions.size() == 1 && !source.best.empty()) {
    Series best = curve_of(*source.best[0], 1);
    best.name = fmt::format("best, trial {}", source.best[0]->number);
    best.ink = Ink::text;
    curves.series.push_back(std::move(best));
  }
  curves.y = drawing::axis_over("", values, 50);
  page.figure("learning_curves", drawing::draw_curves(curves),
              all > trials.size()
                  ? fmt::format("{} of {} trials: the best and the latest.", trials.size(), all)
                  : "A line for each trial.");
}

void add_front(Page& page, const SweepSource& source) {
  if (source.record.directions.size() != 2) return;
  Series others{"complete trials", {}, {}, Ink::series_1},
      front{"no other is better", {}, {}, Ink::series_2};
  others.joined = false;
  front.dotted = front.dashed = true;
  for (const auto& [trial, value] : scored_trials(source, 0))
    others.x.push_back(value), others.y.push_back(trial->values[1]);
  std::vector<std::pair<double, double>> best;
  for (const Trial* trial : source.best) best.emplace_back(trial->values[0], trial->values[1]);
  if (best.empty()) return;
  std::sort(best.begin(), best.end());
  for (const auto& [x, y] : best) front.x.push_back(x), front.y.push_back(y);
  Curves curves{
      "The Pareto front", objective_axis(source, 0), objective_axis(source, 1), {others, front}};
  page.figure("pareto_front", drawing::draw_curves(curves),
              "Along the line, more of one objective is paid for with the other.");
}

struct Life {
  const Trial* trial;
  double begin, end;  // seconds
};

// Of all trials that began, in that order; what has not ended goes on to the last time known.
std::vector<Life> lives_of(const SweepSource& source) {
  std::vector<Life> lives;
  double first = std::numeric_limits<double>::infinity(), last = -first;
  for (const Trial& trial : source.record.trials) {
    const auto begin = unix_time_of(trial.started), end = unix_time_of(trial.ended);
    if (!begin) continue;
    const double from = std::chrono::duration<double>(*begin).count();
    const double to =
        end ? std::max(from, std::chrono::duration<double>(*end).count()) : std::nan("");
    lives.push_back({&trial, from, to});
    first = std::min(first, from);
    last = std::max(last, end ? to : from);
  }
  for (Life& life : lives) {
    life.begin -= first;
    life.end = std::isnan(life.end) ? last - first : life.end - first;
  }
  std::ranges::stable_sort(lives, {}, &Life::begin);
  return lives;
}

void add_timeline(Page& page, const SweepSource& source) {
  const auto lives = lives_of(source);
  double whole = 0;
  for (const Life& life : lives) whole = std::max(whole, life.end);
  if (!(whole > 0)) return;
  const bool hours = whole >= 5400, minutes = whole >= 90;
  const double unit = hours ? 3600 : minutes ? 60 : 1;
  std::vector<double> free_from;  // of each row
  std::vector<drawing::Span> spans;
  std::vector<std::pair<std::string, Ink>> legend;
  for (const auto& [trial, begin, end] : lives) {
    size_t row = 0;
    while (row < free_from.size() && free_from[row] > begin) ++row;
    if (row == free_from.size()) free_from.push_back(0);
    free_from[row] = end;
    const std::pair<std::string, Ink> state{state_text(*trial), ink_of(*trial)};
    if (std::ranges::find(legend, state) == legend.end()) legend.push_back(state);
    spans.push_back({row, begin / unit, end / unit, state.second, std::to_string(trial->number)});
  }
  page.figure("timeline",
              drawing::draw_spans("Trials in time",
                                  {hours     ? "hours"
                                   : minutes ? "minutes"
                                             : "seconds",
                                   0, whole / unit},
                                  spans, legend),
              "Each row is a place that trials took in turn, from a trial's beginning to its end.",
              true);
}

}  // namespace

void add_course(Page& page, const SweepSource& source) {
  if (source.record.trials.empty()) return;
  page.section("How it went");
  for (size_t k = 0; k < std::min(source.record.directions.size(), kMostObjectives); ++k)
    add_history(page, source, k);
  add_learning_curves(page, source);
  add_front(page, source);
  add_timeline(page, source);
}

}  // namespace tutti
