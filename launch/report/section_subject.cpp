// What was trained, and how it went.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/filesystem.h"
#include "core/tensor/class_labels.h"
#include "launch/drawing/charts.h"
#include "launch/drawing/model_drawing.h"
#include "launch/report/sections.h"

namespace tutti {
namespace {

using drawing::Axis;
using drawing::Curves;
using drawing::Ink;
using drawing::Series;

constexpr size_t kMostClasses = 30;

// The class balance of the data before the split and of its parts, as shares.
void add_balance(Page& page, const ReportSource& source) {
  if (source.outputs.empty() || source.outputs[0].classes.empty()) return;
  const auto& classes = source.outputs[0].classes;
  if (classes.size() > kMostClasses) return;
  std::vector<Series> series;
  std::vector<double> all(classes.size(), 0);
  const auto add = [&](const std::string& name, const Dataset& rows, Ink ink) {
    if (rows.rows() == 0) return;
    const auto truth =
        class_indices(rows.outputs()[0].second, static_cast<int64_t>(classes.size()));
    std::vector<double> counts(classes.size(), 0);
    for (const int64_t kind : truth) ++counts[static_cast<size_t>(kind)];
    for (size_t i = 0; i < counts.size(); ++i) all[i] += counts[i];
    series.push_back({fmt::format("{} ({})", name, truth.size()), {}, counts, ink});
  };
  add("training", source.training, Ink::series_1);
  add("validation", source.validation, Ink::series_3);
  add("test", source.data->test.rows, Ink::series_2);
  double total = 0;
  for (const double count : all) total += count;
  series.insert(series.begin(), {fmt::format("before the split ({})", total), {}, all, Ink::axis});
  for (Series& part : series) {
    double sum = 0;
    for (const double count : part.y) sum += count;
    for (double& count : part.y) count = std::round(1000 * count / std::max(sum, 1.0)) / 10;
  }
  if (series.size() == 2) series.pop_back();  // no split
  page.figure("class_balance",
              drawing::draw_bars("Classes, in % of each part's rows", classes, series),
              "Before and after the split. Parts should look alike.");
}

std::string data_text(const ReportSource& source) {
  std::string text;
  for (const auto& entry : source.job().data().rest())
    if (entry.value().value_case() == schema::Argument::kText)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", entry.key(), entry.value().text());
  return text;
}

// Bounds that a loss or metric shares with its val_ twin, logarithmic for losses that fall far.
Axis axis_of(const std::string& name, const std::vector<std::vector<double>>& values) {
  return drawing::axis_over("", values, name.find("loss") != std::string::npos ? 50 : 0);
}

void add_curve(Page& page, const ReportSource& source, const std::string& name,
               std::optional<int64_t> overfitting) {
  const auto& training = source.history.at(name);
  const auto twin = source.history.find("val_" + name);
  Curves curves{name == "loss" ? "Loss" : name, {"epoch", 1, 1}, {}, {}};
  curves.x.whole = true;
  curves.x.high = std::max(source.epochs.back(), 2.0);
  curves.series.push_back({"training", source.epochs, training, Ink::series_1});
  std::vector<std::vector<double>> values{training};
  if (twin != source.history.end()) {
    curves.series.push_back({"validation", source.epochs, twin->second, Ink::series_2, true});
    values.push_back(twin->second);
  }
  curves.y = axis_of(name, values);
  if (overfitting && name == "loss")
    curves.marks.push_back({static_cast<double>(*overfitting), "overfitting begins"});
  page.figure("curve_" + name, drawing::draw_curves(curves));
}

void add_rate(Page& page, const ReportSource& source) {
  Series rate{"", {}, {}, Ink::series_5};
  for (const auto& epoch : source.record.epochs)
    rate.x.push_back(static_cast<double>(epoch.epoch)), rate.y.push_back(epoch.learning_rate);
  if (rate.y.size() < 2) return;
  const auto [low, high] = std::minmax_element(rate.y.begin(), rate.y.end());
  if (*high <= *low * 1.000001) return;  // constant
  Curves curves{"Learning rate",
                {"epochs done", 0, rate.x.back()},
                drawing::axis_over("", {rate.y}, 50),
                {rate}};
  curves.x.whole = true;
  page.figure("learning_rate", drawing::draw_curves(curves));
}

}  // namespace

std::string rows_text(int64_t rows) {
  return fmt::format("{} {}", drawing::count_text(rows), rows == 1 ? "row" : "rows");
}

std::string share_text(double share) { return fmt::format("{:.1f} %", 100 * share); }

void add_diagnoses(Page& page, const std::vector<Diagnosis>& found) {
  page.section("Diagnosis");
  for (const auto& diagnosis : found) {
    std::string title = diagnosis.name;
    std::replace(title.begin(), title.end(), '_', ' ');
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    page.note(title, diagnosis.sentence, diagnosis.remedy);
  }
  if (found.empty())
    page.good(
        "Nothing ails this training: no dead units, no vanishing or exploding gradients, no "
        "saturation, no overfitting, a rate that fits, no class far rarer than another.");
}

void add_subject(Page& page, const ReportSource& source) {
  const Model& model = source.model();
  page.section("What was trained");
  std::vector<std::vector<std::string>> rows;
  if (source.data) {
    rows.push_back({"data", data_text(source)});
    std::string parts = rows_text(source.training_rows) + " to train on";
    if (source.validation_rows > 0)
      parts += fmt::format(", {} to validate", drawing::count_text(source.validation_rows));
    if (const int64_t test = source.data->test.count(); test > 0)
      parts += fmt::format(", {} to test", drawing::count_text(test));
    if (source.data->streamed) parts += "; this page looks at the first of each";
    rows.push_back({"rows", parts});
  }
  const auto& fit = source.job().fit();
  rows.push_back(
      {"fit", fmt::format("{} epochs in batches of {}", fit.epochs(), fit.batch_size())});
  if (source.job().has_optimizer()) rows.push_back({"optimizer", source.job().optimizer().name()});
  if (source.job().loss().has_all()) rows.push_back({"loss", source.job().loss().all().name()});
  page.table({"", ""}, rows);
  if (!source.data)
    page.paragraph("The rows cannot be read any more, and what needs them is left out: " +
                   source.data_missing);
  const bool neurons = drawing::drawn_as_neurons(model), blocks = drawing::drawn_as_blocks(model);
  drawing::Picture graph = drawing::draw_model_graph(model);
  const bool wide = graph.width() > drawing::kChartWidth * 1.2;
  page.figure("model", std::move(graph), "", wide);
  if (source.data) add_balance(page, source);
  if (neurons)
    page.figure("model_neurons", drawing::draw_neurons(model, true),
                "Lines are weights: thicker where larger, blue where negative, orange where "
                "positive.",
                true);
  if (blocks) page.figure("model_blocks", drawing::draw_blocks(model), "", true);
  page.folded("The resolved job",
              FileSystem::current().read(source.run.path / RunDirectory::job_file));
}

void add_curves(Page& page, const ReportSource& source, std::optional<int64_t> overfitting) {
  if (source.epochs.empty()) return;
  page.section("How it went");
  if (source.history.contains("loss")) add_curve(page, source, "loss", overfitting);
  for (const auto& [name, values] : source.history)
    if (name != "loss" && !name.starts_with("val_") && name != "learning_rate")
      add_curve(page, source, name, overfitting);
  add_rate(page, source);
}

}  // namespace tutti
