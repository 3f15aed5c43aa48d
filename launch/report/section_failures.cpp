// What a model gets wrong.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "launch/drawing/charts.h"
#include "launch/drawing/model_drawing.h"
#include "launch/report/ranking_curves.h"
#include "launch/report/sections.h"

namespace tutti {
namespace {

using drawing::Curves;
using drawing::Ink;
using drawing::Series;

constexpr size_t kMostConfused = 30, kMostNamed = 5, kMostTiles = 24, kMostRows = 10;

void add_confusion(Page& page, const JudgedOutput& output, const std::string& where) {
  const size_t count = output.classes.size();
  if (count > kMostConfused) return;
  std::vector<std::vector<double>> cells(count, std::vector<double>(count, 0));
  for (size_t row = 0; row < output.truth.size(); ++row)
    ++cells[static_cast<size_t>(output.truth[row])][static_cast<size_t>(output.guess[row])];
  drawing::HeatMap map{"Confusion matrix",
                       "true class",
                       "predicted class",
                       output.classes,
                       output.classes,
                       cells,
                       {}};
  double wrong = 0;
  std::pair<size_t, size_t> worst{0, 0};
  for (size_t a = 0; a < count; ++a) {
    auto& texts = map.texts.emplace_back();
    for (size_t b = 0; b < count; ++b) {
      texts.push_back(cells[a][b] > 0 || count <= 12 ? fmt::format("{}", cells[a][b]) : "");
      if (a == b) continue;
      wrong += cells[a][b];
      const bool none = worst.first == worst.second;
      if (cells[a][b] > 0 && (none || cells[a][b] > cells[worst.first][worst.second]))
        worst = {a, b};
    }
  }
  std::string caption =
      fmt::format("{:.0f} of {} {} rows are wrong.", wrong, output.truth.size(), where);
  if (worst.first != worst.second)
    caption +=
        fmt::format(" Most often {} is taken for {} ({} times).", output.classes[worst.first],
                    output.classes[worst.second], cells[worst.first][worst.second]);
  page.figure("confusion_matrix_" + output.name, drawing::draw_heat_map(map), caption);
}

// The ranking curves to draw: of the one class that matters of two, of each of a few, else of all
// together and of the worst.
std::vector<std::pair<std::string, RankingCurves>> curves_to_draw(const JudgedOutput& output) {
  const auto of_class = [&](size_t kind) {
    std::vector<double> scores;
    std::vector<bool> positive;
    for (size_t row = 0; row < output.truth.size(); ++row) {
      scores.push_back(output.probability(row, kind));
      positive.push_back(output.truth[row] == static_cast<int64_t>(kind));
    }
    return ranking_curves(scores, positive);
  };
  std::vector<std::pair<std::string, RankingCurves>> found;
  for (size_t kind = output.classes.size() == 2 ? 1 : 0; kind < output.classes.size(); ++kind)
    if (const RankingCurves curves = of_class(kind); curves.defined())
      found.emplace_back(output.classes[kind], curves);
  if (found.size() <= kMostNamed) return found;
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.second.area < b.second.area; });
  found.resize(3);
  std::vector<bool> positive;
  for (size_t i = 0; i < output.probabilities.size(); ++i)
    positive.push_back(output.truth[i / output.classes.size()] ==
                       static_cast<int64_t>(i % output.classes.size()));
  found.insert(found.begin(), {"all together", ranking_curves(output.probabilities, positive)});
  return found;
}

void add_ranking(Page& page, const JudgedOutput& output) {
  const auto drawn = curves_to_draw(output);
  if (drawn.empty()) return;
  Curves roc{"ROC: hits against false alarms",
             {"false positive rate", 0, 1},
             {"true positive rate", 0, 1.02},
             {}};
  Curves recall{"Precision against recall", {"recall", 0, 1}, {"precision", 0, 1.02}, {}};
  roc.diagonal = true;
  for (size_t i = 0; i < drawn.size(); ++i) {
    const auto& [name, curves] = drawn[i];
    roc.series.push_back({fmt::format("{} (AUC {:.3f})", name, curves.area),
                          curves.false_positive_rate, curves.true_positive_rate, drawing::series(i),
                          i % 2 == 1});
    recall.series.push_back({fmt::format("{} (AP {:.3f})", name, curves.average_precision),
                             curves.recall, curves.precision, drawing::series(i), i % 2 == 1});
  }
  const std::string caption =
      drawn[0].first == "all together" ? "All classes together, and the three that do worst." : "";
  page.figure("roc_" + output.name, drawing::draw_curves(roc), caption);
  page.figure("precision_recall_" + output.name, drawing::draw_curves(recall), caption);
}

void add_wrong_images(Page& page, const ReportSource& source, const JudgedOutput& output,
                      const ImageShape& shape) {
  std::vector<drawing::Tile> tiles;
  for (const size_t row : wrong_rows(output)) {
    if (tiles.size() == kMostTiles) break;
    const auto guess = static_cast<size_t>(output.guess[row]);
    tiles.push_back(
        {image_of(source.judged.inputs()[0].second, shape, static_cast<int64_t>(row)),
         fmt::format("{}, not {}", output.classes[static_cast<size_t>(output.truth[row])],
                     output.classes[guess]),
         fmt::format("{:.0f} % sure", 100 * output.probability(row, guess)), true});
  }
  if (tiles.empty()) return;
  page.figure("misclassified_" + output.name,
              drawing::draw_sheet("Misclassified images", tiles, 60),
              "What each is, and what the model took it for; the surest mistakes first.");
}

void add_wrong_rows(Page& page, const ReportSource& source, const JudgedOutput& output) {
  const auto rows = wrong_rows(output);
  if (rows.empty()) return;
  std::vector<std::vector<std::string>> cells;
  for (const size_t row : rows) {
    if (cells.size() == kMostRows) break;
    const auto truth = static_cast<size_t>(output.truth[row]);
    const auto guess = static_cast<size_t>(output.guess[row]);
    cells.push_back({place_text(source, row), output.classes[truth], output.classes[guess],
                     share_text(output.probability(row, guess))});
  }
  page.paragraph(fmt::format("{} of {} {} rows are wrong; the surest mistakes:", rows.size(),
                             output.truth.size(), source.judged_name));
  page.table({"row", "is", "taken for", "how sure"}, cells);
}

void add_errors(Page& page, const ReportSource& source, const JudgedOutput& output) {
  std::vector<double> errors;
  for (size_t i = 0; i < output.target.size(); ++i)
    errors.push_back(output.prediction[i] - output.target[i]);
  const auto axis = drawing::axis_over("true " + output.name, {output.target, output.prediction});
  Curves scatter{"Predicted against true: " + output.name, axis, axis, {}};
  scatter.y.label = "predicted";
  scatter.diagonal = true;
  drawing::Picture picture = drawing::draw_curves(scatter);
  drawing::Frame frame(picture, {48, 48, drawing::kChartWidth - 64, drawing::kChartHeight - 88},
                       axis, scatter.y);
  frame.dots(output.target, output.prediction, 3, {Ink::series_1, 0.55});
  page.figure("predicted_" + output.name, std::move(picture),
              fmt::format("Each dot is one of {} {} rows; on the dashed line it is right.",
                          errors.size(), source.judged_name));

  std::vector<size_t> order(errors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return std::abs(errors[a]) > std::abs(errors[b]); });
  order.resize(std::min(order.size(), kMostRows));
  std::vector<std::vector<std::string>> cells;
  for (const size_t row : order)
    cells.push_back({place_text(source, row), fmt::format("{:.4g}", output.target[row]),
                     fmt::format("{:.4g}", output.prediction[row]),
                     fmt::format("{:+.3g}", errors[row])});
  page.table({"row", "true " + output.name, "predicted", "error"}, cells);
}

}  // namespace

std::string place_text(const ReportSource& source, size_t row) {
  const std::string place = source.judged_place(static_cast<int64_t>(row));
  const size_t folder = place.rfind('/');
  return folder == std::string::npos ? place : place.substr(folder + 1);
}

std::vector<size_t> wrong_rows(const JudgedOutput& output) {
  std::vector<size_t> rows;
  for (size_t row = 0; row < output.truth.size(); ++row)
    if (output.truth[row] != output.guess[row]) rows.push_back(row);
  const auto sureness = [&](size_t row) {
    return output.probability(row, static_cast<size_t>(output.guess[row]));
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](size_t a, size_t b) { return sureness(a) > sureness(b); });
  return rows;
}

drawing::Raster image_of(const Tensor& images, const ImageShape& shape, int64_t row) {
  const auto values = images.row(row).to_vector<double>();
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const auto height = static_cast<int>(shape.height), width = static_cast<int>(shape.width);
  if (shape.channels == 1) return drawing::grey_raster(values, height, width, *low, *high);
  drawing::Raster raster{width, height, {}};
  const double span = *high > *low ? *high - *low : 1;
  for (size_t i = 0; i + 2 < values.size(); i += 3) {
    const auto level = [&, least = *low](size_t k) {
      return static_cast<uint8_t>(std::lround(255 * (values[i + k] - least) / span));
    };
    raster.pixels.push_back({level(0), level(1), level(2)});
  }
  return raster;
}

void add_failures(Page& page, const ReportSource& source) {
  if (source.outputs.empty()) return;
  page.section("On what it fails",
               fmt::format("Judged by the {} {} rows.", drawing::count_text(source.judged.rows()),
                           source.judged_name));
  const auto images = image_shape(source.judged);
  for (const auto& output : source.outputs) {
    if (!output.truth.empty()) {
      add_confusion(page, output, source.judged_name);
      add_ranking(page, output);
      if (images)
        add_wrong_images(page, source, output, *images);
      else
        add_wrong_rows(page, source, output);
    } else if (!output.target.empty()) {
      add_errors(page, source, output);
    }
  }
}

void add_unlabelled(Page& page, const ReportSource& source, const std::string& spec) {
  if (spec.empty()) return;
  constexpr int64_t kMostShown = 40;
  const DataPart rows = load_rows(spec, "--unlabelled", source.run.columns, false);
  const Dataset some = rows.in_memory(0, std::min(rows.count(), kMostShown));
  const auto predicted = source.model().predict(RowSourcePtr(some), 256);
  const auto shape = image_shape(some);
  page.section("Rows without labels",
               fmt::format("The first {} of {}: what the model says of them.", some.rows(),
                           rows_text(rows.count())));
  for (size_t i = 0; i < predicted.size(); ++i) {
    const JudgedOutput output = judge_output(source, i, predicted[i], some);
    std::vector<drawing::Tile> tiles;
    std::vector<std::vector<std::string>> cells;
    for (int64_t row = 0; row < some.rows(); ++row) {
      const auto at = static_cast<size_t>(row);
      std::string says, sure;
      if (!output.classes.empty()) {
        const auto guess = static_cast<size_t>(output.guess[at]);
        says = output.classes[guess], sure = share_text(output.probability(at, guess));
      } else if (at < output.prediction.size()) {
        says = fmt::format("{:.4g}", output.prediction[at]);
      }
      if (shape)
        tiles.push_back({image_of(some.inputs()[0].second, *shape, row), says, sure, false});
      cells.push_back({std::to_string(row + 1), says, sure});
    }
    if (shape)
      page.figure("unlabelled_" + output.name,
                  drawing::draw_sheet("Predictions: " + output.name, tiles, 60));
    else
      page.table({"row", output.name, output.classes.empty() ? "" : "how sure"}, cells);
  }
}

}  // namespace tutti
