// Why a model says what it says: which features, pixels or words its answers rest on.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/explain/input_gradients.h"
#include "core/explain/kernel_shap.h"
#include "core/explain/lime_text.h"
#include "core/explain/permutation_importance.h"
#include "launch/drawing/charts.h"
#include "launch/drawing/explanation_charts.h"
#include "launch/report/probe.h"
#include "launch/report/sections.h"

namespace tutti {
namespace {

using drawing::Ink;
using drawing::Series;

struct Figure {
  std::string name;
  drawing::Picture picture;
  std::string caption;
};
using Figures = std::vector<Figure>;

// A page is made in seconds: as many rows are predicted as the model's size allows.
constexpr double kMostProducts = 2e10;
constexpr int64_t kMostScored = 200, kMostBackground = 20, kMostCoalitions = 512, kLeastRows = 10;
constexpr int64_t kMostFeatures = 64;
constexpr size_t kMostBars = 12, kRowsOfEachKind = 3, kMostTexts = 2;

// How many rows of `wanted` each of `times` predictions of them may have; 0: too few to say
// anything.
int64_t affordable_rows(const ReportSource& source, int64_t wanted, int64_t times) {
  const auto products = static_cast<double>(std::max<int64_t>(source.model().count_params(), 1));
  const double rows = kMostProducts / products / static_cast<double>(std::max<int64_t>(times, 1));
  return rows < kLeastRows ? 0 : static_cast<int64_t>(std::min(rows, static_cast<double>(wanted)));
}

// Of rows like the model's only input: the probabilities of the classes (n, classes), or the
// numbers predicted (n).
Tensor answers(const ReportSource& source, size_t output, const Tensor& rows) {
  const Dataset asked(NamedTensors{{source.judged.inputs()[0].first, rows}}, {});
  const auto predicted = source.model().predict(RowSourcePtr(asked), 256);
  const JudgedOutput judged = judge_output(source, output, predicted.at(output), asked);
  if (judged.classes.empty()) return Tensor::from(judged.prediction, {rows.rows()});
  return Tensor::from(judged.probabilities,
                      {rows.rows(), static_cast<int64_t>(judged.classes.size())});
}

Tensor some_rows(const Dataset& rows, int64_t count) {
  return rows.take_rows(spread_rows(rows.rows(), count)).inputs()[0].second;
}

// The rows to explain: the surest mistakes and the surest hits, or the worst and the best number.
std::vector<size_t> telling_rows(const JudgedOutput& output, size_t of_each) {
  std::vector<size_t> rows = wrong_rows(output), right;
  rows.resize(std::min(rows.size(), of_each));
  for (size_t row = 0; row < output.truth.size(); ++row)
    if (output.truth[row] == output.guess[row]) right.push_back(row);
  for (size_t row = 0; row < output.target.size(); ++row) right.push_back(row);
  const auto badness = [&](size_t row) {
    if (output.truth.empty()) return std::abs(output.prediction[row] - output.target[row]);
    return -output.probability(row, static_cast<size_t>(output.guess[row]));
  };
  std::stable_sort(right.begin(), right.end(),
                   [&](size_t a, size_t b) { return badness(a) < badness(b); });
  if (output.truth.empty() && right.size() > 1) rows.push_back(right.back());
  right.resize(std::min(right.size(), of_each));
  rows.insert(rows.end(), right.begin(), right.end());
  return rows;
}

// "train.csv:12: setosa, and virginica was right", "train.csv:12: width".
std::string title_of(const ReportSource& source, const JudgedOutput& output, size_t row) {
  const std::string place = place_text(source, row);
  if (output.truth.empty()) return fmt::format("{}: {}", place, output.name);
  const auto guess = static_cast<size_t>(output.guess[row]);
  const auto truth = static_cast<size_t>(output.truth[row]);
  return guess == truth
             ? fmt::format("{}: {}", place, output.classes[guess])
             : fmt::format("{}: {}, not {}", place, output.classes[guess], output.classes[truth]);
}

double score(const JudgedOutput& output) {
  double sum = 0;
  for (size_t row = 0; row < output.truth.size(); ++row)
    sum += output.truth[row] == output.guess[row] ? 100 : 0;
  for (size_t row = 0; row < output.target.size(); ++row)
    sum -= std::abs(output.prediction[row] - output.target[row]);
  return sum / static_cast<double>(std::max(output.truth.size(), output.target.size()));
}

void add_importance(Figures& figures, const ReportSource& source, size_t index,
                    const std::vector<std::string>& names) {
  constexpr int64_t kRepeats = 5;
  const auto features = static_cast<int64_t>(names.size());
  const int64_t count =
      affordable_rows(source, std::min(kMostScored, source.judged.rows()), features * kRepeats);
  if (count == 0) return;
  const Dataset rows = source.judged.take_rows(spread_rows(source.judged.rows(), count));
  const auto scored = [&](const Tensor& shuffled) {
    const auto predicted = source.model().predict(RowSourcePtr(rows.with_features(shuffled)), 256);
    return score(judge_output(source, index, predicted.at(index), rows));
  };
  const auto found = permutation_importance(scored, rows.inputs()[0].second, kRepeats);
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return found.importances_mean[a] > found.importances_mean[b];
  });
  order.resize(std::min(order.size(), kMostBars));
  const JudgedOutput& output = source.outputs[index];
  const std::string what = output.truth.empty() ? "mean error added" : "points of accuracy lost";
  Series lost{what, {}, {}, Ink::series_1};
  std::vector<std::string> shown;
  for (const size_t feature : order) {
    shown.push_back(names[feature]);
    lost.y.push_back(std::max(found.importances_mean[feature], 0.0));
  }
  figures.push_back(
      {"importance_" + output.name,
       drawing::draw_bars("What the answers rest on: " + output.name, shown, {lost}),
       fmt::format("When a feature's values are shuffled among {} {} rows; the mean of {} "
                   "shuffles.",
                   count, source.judged_name, kRepeats)});
}

void explain_features(Figures& figures, const ReportSource& source, size_t index) {
  const auto [input, rows] = source.judged.inputs()[0];
  const int64_t features = rows.shape()[1];
  const auto names = source.run.columns.feature_names(input, features);
  const JudgedOutput& output = source.outputs[index];
  add_importance(figures, source, index, names);

  const int64_t coalitions = std::min(kMostCoalitions, 2 * features + 2048);
  const int64_t known =
      affordable_rows(source, std::min(kMostBackground, source.training.rows()), 2 * coalitions);
  if (known == 0) return;
  const KernelExplainer explainer(
      [&](const Tensor& asked) { return answers(source, index, asked); },
      some_rows(source.training, known), {.nsamples = coalitions, .num_features = std::nullopt});
  size_t number = 0;
  for (const size_t row : telling_rows(output, 1)) {
    const auto at = static_cast<int64_t>(row);
    const ShapValues values = explainer.shap_values(rows.slice_rows(at, at + 1));
    const auto explained =
        values.explanation(0, output.classes.empty() ? 0 : output.guess[row], names);
    const std::string title = title_of(source, output, row),
                      tail = fmt::format("{}_{}", output.name, ++number);
    figures.push_back(
        {"waterfall_" + tail, drawing::draw_waterfall(explained, title),
         "From what the model says of training rows on the whole to what it says of this "
         "one (Kernel SHAP)."});
    figures.push_back({"force_" + tail, drawing::draw_force(explained, title), ""});
  }
}

// The output by the guess of each row: a gradient for each class that occurs.
void explain_pixels(Figures& figures, const ReportSource& source, const ImageShape& shape) {
  const JudgedOutput& output = source.outputs[0];
  const Tensor images = source.judged.features();
  const bool columns = output.classes.size() > 2;  // one for each class; else a single one
  std::vector<drawing::Tile> tiles;
  for (const size_t row : telling_rows(output, kRowsOfEachKind)) {
    const auto at = static_cast<int64_t>(row);
    const Tensor parts = integrated_gradients(source.model(), images.slice_rows(at, at + 1), {},
                                              columns ? output.guess[row] : 0);
    const auto values = parts.to_vector<double>();
    std::vector<double> pixels;  // channels together
    for (size_t i = 0; i < values.size(); i += static_cast<size_t>(shape.channels))
      pixels.push_back(std::accumulate(values.begin() + static_cast<int64_t>(i),
                                       values.begin() + static_cast<int64_t>(i) + shape.channels,
                                       0.0));
    double limit = 0;
    for (const double pixel : pixels) limit = std::max(limit, std::abs(pixel));
    const bool wrong = !output.truth.empty() && output.truth[row] != output.guess[row];
    const std::string says = output.truth.empty()
                                 ? fmt::format("{:.4g}", output.prediction[row])
                                 : output.classes[static_cast<size_t>(output.guess[row])];
    tiles.push_back({image_of(images, shape, at), says, wrong ? "wrong" : "", wrong});
    tiles.push_back({drawing::signed_raster(pixels, static_cast<int>(shape.height),
                                            static_cast<int>(shape.width), limit),
                     "", "", false});
  }
  if (!tiles.empty())
    figures.push_back(
        {"pixels_" + output.name, drawing::draw_sheet("Pixels that decide", tiles, 56),
         "Beside each image what its pixels did: orange for the answer, blue against it "
         "(integrated gradients)."});
}

void explain_words(Figures& figures, const ReportSource& source, size_t index) {
  const Tensor texts = source.judged.features();
  const JudgedOutput& output = source.outputs[index];
  const int64_t samples = affordable_rows(source, kMostCoalitions, 2 * kMostTexts);
  if (samples == 0) return;
  const auto predict = [&](const std::vector<std::string>& asked) {
    const auto count = static_cast<int64_t>(asked.size());
    return answers(source, index, Tensor::text(asked, texts.shape().tail().stacked(count)));
  };
  size_t number = 0;
  for (const size_t row : telling_rows(output, kMostTexts)) {
    LimeRequest request;
    request.outputs = {output.classes.empty() ? 0 : output.guess[row]};
    request.num_samples = samples;
    const std::string text = texts.row(static_cast<int64_t>(row)).to_strings().at(0);
    if (IndexedText(text, true, "").words().size() < 2) continue;
    const auto explained = LimeTextExplainer().explain_instance(text, predict, request);
    figures.push_back({fmt::format("words_{}_{}", output.name, ++number),
                       drawing::draw_contributions(explained.at(0), title_of(source, output, row)),
                       "Words that speak for the answer, to the right, and against it (LIME)."});
  }
}

}  // namespace

void add_reasons(Page& page, const ReportSource& source) {
  if (source.outputs.empty() || source.judged.inputs().size() != 1) return;
  const Tensor rows = source.judged.features();
  const Shape& shape = rows.shape();
  const bool texts = rows.dtype() == DType::string && shape.elements_per_row() == 1;
  const bool numbers = is_floating(rows.dtype());
  const auto images = image_shape(source.judged);
  Figures figures;
  for (size_t i = 0; i < source.outputs.size(); ++i) {
    if (source.outputs[i].truth.empty() && source.outputs[i].target.empty()) continue;
    if (texts)
      explain_words(figures, source, i);
    else if (numbers && images && i == 0)
      explain_pixels(figures, source, *images);
    else if (numbers && !images && shape.rank() == 2 && shape[1] > 1 && shape[1] <= kMostFeatures)
      explain_features(figures, source, i);
  }
  if (figures.empty()) return;
  page.section("Why it says so", "What its answers rest on; not whether that is wise.");
  for (auto& [name, picture, caption] : figures) page.figure(name, std::move(picture), caption);
}

}  // namespace tutti
