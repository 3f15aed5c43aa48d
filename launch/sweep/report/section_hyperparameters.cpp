// What the values depend on.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "launch/drawing/charts.h"
#include "launch/drawing/study_charts.h"
#include "launch/sweep/report/study_sections.h"

namespace tutti {
namespace {

using drawing::Ink;
using drawing::Series;

constexpr size_t kMostBars = 24, kMostSlices = 24, kMostAxes = 10, kMostLines = 300;
constexpr size_t kSlicedObjectives = 2, kLeastField = 6;
constexpr size_t kEnough = 50;  // complete trials: five are the best tenth

void add_importance(Page& page, const SweepSource& source) {
  std::vector<std::string> names;
  for (const Hyperparameter* each : source.varied)
    if (names.size() < kMostBars) names.push_back(each->name);
  std::vector<Series> series;
  for (size_t k = 0; k < source.importances.size(); ++k) {
    const auto& found = source.importances[k];
    if (found.empty()) continue;
    Series bars{
        source.importances.size() > 1 ? objective_name(source, k) : "", {}, {}, drawing::series(k)};
    for (const std::string& name : names) {
      const auto at = std::ranges::find(found, name, &Importance::name);
      bars.y.push_back(at == found.end() ? 0 : std::round(at->share * 1000) / 10);
    }
    series.push_back(std::move(bars));
  }
  if (series.empty())
    return page.paragraph(
        "Which hyperparameters matter is not known: it takes two complete trials with different "
        "values.");
  for (std::string& name : names) name = short_name(source, name);
  const size_t count = scored_trials(source, 0).size();
  page.figure(
      "importance", drawing::draw_bars("Importance in %", names, series),
      fmt::format(
          "How much the best tenth of the trials differs from all in this "
          "hyperparameter (PED-ANOVA){}.",
          count < kEnough ? fmt::format("; of {} complete trials, so only roughly", count) : ""));
}

void add_slice(Page& page, const SweepSource& source, const Hyperparameter& each,
               size_t objective) {
  Series trials{"", {}, {}, Ink::series_1}, best{"", {}, {}, Ink::series_2};
  trials.joined = best.joined = false;
  trials.opacity = 0.8;
  for (const auto& [trial, value] : scored_trials(source, objective)) {
    const auto number = number_in(each, *trial);
    if (!number) continue;
    Series& series = std::ranges::find(source.best, trial) == source.best.end() ? trials : best;
    series.x.push_back(*number), series.y.push_back(value);
  }
  if (trials.x.size() + best.x.size() < 2) return;
  if (!best.x.empty()) {
    trials.name = "complete trials";
    best.name = best.x.size() == 1 ? "the best" : "no other is better";
  }
  drawing::Curves curves{
      fmt::format("{} by {}", objective_name(source, objective), short_name(source, each.name)),
      axis_over_range(each),
      objective_axis(source, objective),
      {trials, best}};
  curves.y.label = "";
  curves.x.label = drawing::fitted(each.name, drawing::kChartWidth - 70, 11);
  page.figure(fmt::format("slice_{}_{}", each.name, objective), drawing::draw_curves(curves));
}

void add_parallel(Page& page, const SweepSource& source) {
  if (source.varied.empty()) return;
  auto scored = scored_trials(source, 0);
  const Direction direction = source.record.directions[0];
  std::ranges::stable_sort(scored, {},
                           [&](const ScoredTrial& each) { return loss_of(direction, each.value); });
  const size_t all = scored.size(), shown = std::min(all, kMostLines);
  if (all < 2) return;
  std::vector<drawing::Axis> axes;
  for (size_t k = 0; k < source.record.directions.size(); ++k)
    axes.push_back(objective_axis(source, k));
  const size_t most = std::min(source.varied.size(), kMostAxes);
  for (size_t i = 0; i < most; ++i) {
    axes.push_back(axis_over_range(*source.varied[i]));
    axes.back().label = short_name(source, source.varied[i]->name);
  }
  const bool front = source.record.directions.size() > 1;
  const double opacity = std::clamp(20.0 / static_cast<double>(shown), 0.15, 0.4);
  std::vector<drawing::ParallelLine> plain, good;
  for (size_t rank = shown; rank-- > 0;) {
    const Trial& trial = *scored[rank].trial;
    const bool is_good =
        front ? std::ranges::find(source.best, &trial) != source.best.end() : rank * 10 < all;
    drawing::ParallelLine line{trial.values, {Ink::series_1, opacity}, 1.2};
    if (is_good) line.paint = {Ink::series_2, 0.9}, line.width = 2;
    for (double& value : line.values)
      if (!std::isfinite(value)) value = std::nan("");
    for (size_t i = 0; i < most; ++i)
      line.values.push_back(number_in(*source.varied[i], trial).value_or(std::nan("")));
    (is_good ? good : plain).push_back(std::move(line));
  }
  plain.insert(plain.end(), good.begin(), good.end());
  std::string caption =
      fmt::format("A line for each complete trial; in orange {}.",
                  front ? "those that no other is better than" : "the best tenth");
  if (shown < all) caption += fmt::format(" The best {} of {} trials.", shown, all);
  if (most < source.varied.size())
    caption +=
        fmt::format(" The {} most important of {} hyperparameters.", most, source.varied.size());
  page.figure("parallel", drawing::draw_parallel("All side by side", axes, plain), caption, true);
}

// Over the two hyperparameters that matter most for the objective.
void add_field(Page& page, const SweepSource& source, size_t objective) {
  std::vector<const Hyperparameter*> two;
  for (const Importance& each : source.importances[objective])
    for (const Hyperparameter* varied : source.varied)
      if (two.size() < 2 && varied->name == each.name) two.push_back(varied);
  if (two.size() < 2) return;
  drawing::Field field;
  field.title = fmt::format("{} over {} and {}", objective_name(source, objective),
                            short_name(source, two[0]->name), short_name(source, two[1]->name));
  field.x = axis_over_range(*two[0]), field.y = axis_over_range(*two[1]);
  field.x.label = drawing::fitted(short_name(source, two[0]->name), drawing::kChartWidth - 120, 11);
  field.y.label = drawing::fitted(short_name(source, two[1]->name), drawing::kChartWidth - 120, 11);
  field.less_is_better = source.record.directions[objective] == Direction::minimize;
  for (const auto& [trial, value] : scored_trials(source, objective)) {
    const auto x = number_in(*two[0], *trial), y = number_in(*two[1], *trial);
    if (!x || !y) continue;
    field.at_x.push_back(*x), field.at_y.push_back(*y), field.values.push_back(value);
  }
  if (field.values.size() < kLeastField) return;
  page.figure(fmt::format("field_{}", objective), drawing::draw_field(field),
              "The two that matter most. Darker is better; dots are trials, orange the best; "
              "between them it is guessed.");
}

}  // namespace

void add_hyperparameters(Page& page, const SweepSource& source) {
  if (source.record.trials.empty()) return;
  page.section("What it depends on");
  if (source.varied.empty())
    return page.paragraph("Every hyperparameter has a single value: nothing varies.");
  add_importance(page, source);
  const size_t objectives = std::min(source.record.directions.size(), kSlicedObjectives);
  for (size_t k = 0; k < objectives; ++k) add_field(page, source, k);
  for (size_t i = 0; i < std::min(source.varied.size(), kMostSlices); ++i)
    for (size_t k = 0; k < objectives; ++k) add_slice(page, source, *source.varied[i], k);
  add_parallel(page, source);
}

}  // namespace tutti
