// Models of one or two numbers, drawn whole; and the loss against one weight.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/layers/dense.h"
#include "launch/drawing/charts.h"
#include "launch/report/probe.h"
#include "launch/report/sections.h"

namespace tutti {
namespace {

using drawing::Axis;
using drawing::Curves;
using drawing::Ink;
using drawing::Series;

constexpr int kGrid = 96;           // cells of a plane, each way
constexpr int64_t kMostDots = 300;  // rows that are drawn
constexpr size_t kMostSteps = 120;  // of training, that are drawn
constexpr int kSteps = 60;          // points of a loss curve

// What the model gives for rows of these features, as it does for the rows it is judged by.
JudgedOutput ask(const ReportSource& source, const std::vector<float>& features, int64_t width) {
  const auto rows = static_cast<int64_t>(features.size()) / width;
  Dataset asked({{source.judged.inputs()[0].first, Tensor::from(features, {rows, width})}}, {});
  return judge_output(source, 0, source.model().predict(RowSourcePtr(asked), 1024)[0], asked);
}

std::vector<double> feature(const Tensor& rows, int64_t column) {
  const auto values = rows.to_vector<double>();
  const auto width = rows.shape().elements_per_row();
  std::vector<double> picked;
  for (size_t i = static_cast<size_t>(column); i < values.size(); i += static_cast<size_t>(width))
    picked.push_back(values[i]);
  return picked;
}

std::string feature_name(const ReportSource& source, size_t column) {
  const Config written = source.run.columns.to_config();
  const auto& inputs = written.find("inputs")->as_map();
  const auto& columns = inputs.at(0).second.as_list();
  return column < columns.size() ? columns[column].as_string()
                                 : fmt::format("feature {}", column + 1);
}

// One number in, one out: the curve through the rows.
void add_line(Page& page, const ReportSource& source) {
  const Dataset rows = source.training.take_rows(spread_rows(source.training.rows(), kMostDots));
  const auto x = feature(rows.inputs()[0].second, 0);
  const auto y = rows.outputs()[0].second.to_vector<double>();
  const Axis across = drawing::axis_over(feature_name(source, 0), {x});
  std::vector<float> asked;
  for (int i = 0; i <= 200; ++i)
    asked.push_back(static_cast<float>(across.low + (across.high - across.low) * i / 200));
  const JudgedOutput output = ask(source, asked, 1);
  if (output.prediction.empty()) return;
  Series curve{"the model", std::vector<double>(asked.begin(), asked.end()), output.prediction,
               Ink::series_2};
  Series dots{"training rows", {}, {}, Ink::series_1};
  Curves curves{"What the model draws",
                across,
                drawing::axis_over(output.name, {y, output.prediction}),
                {dots, curve}};
  drawing::Picture picture = drawing::draw_curves(curves);
  drawing::Frame frame(picture, {48, 64, drawing::kChartWidth - 64, drawing::kChartHeight - 104},
                       across, curves.y);
  frame.dots(x, y, 3.5, {Ink::series_1, 0.8});
  page.figure("fitted_curve", std::move(picture));
}

// The lines along which the units of the first layer turn: where w0 x0 + w1 x1 + b is 0.
void draw_unit_lines(drawing::Frame& frame, const ReportSource& source, const Axis& x,
                     const Axis& y) {
  for (const auto& layer : source.model().layers()) {
    if (layer->weights().empty()) continue;
    if (!dynamic_cast<const DenseLayer*>(layer.get())) return;
    const auto kernel = layer->weights()[0]->value().to_host().to_vector<double>();
    const size_t units = kernel.size() / 2;
    std::vector<double> bias(units, 0.0);
    if (layer->weights().size() > 1)
      bias = layer->weights()[1]->value().to_host().to_vector<double>();
    for (size_t unit = 0; unit < std::min<size_t>(units, 24); ++unit) {
      const double a = kernel[unit], b = kernel[units + unit], c = bias[unit];
      // Clipped by the frame, which cuts lines at top and bottom.
      if (std::abs(b) > 1e-9 * std::abs(a))
        frame.line({x.low, x.high}, {-(a * x.low + c) / b, -(a * x.high + c) / b},
                   {Ink::text, 1.2, true});
      else if (a != 0 && -c / a > x.low && -c / a < x.high)
        frame.line({-c / a, -c / a}, {y.low, y.high}, {Ink::text, 1.2, true});
    }
    return;
  }
}

drawing::Rgb blend(const JudgedOutput& output, size_t row) {
  double red = 0, green = 0, blue = 0;
  for (size_t kind = 0; kind < output.classes.size(); ++kind) {
    const drawing::Rgb ink = drawing::color_of(drawing::series(kind), false);
    const double share = output.probability(row, kind);
    red += share * ink.red, green += share * ink.green, blue += share * ink.blue;
  }
  const auto pale = [](double level) {
    return static_cast<uint8_t>(std::lround(std::clamp(255 - 0.45 * (255 - level), 0.0, 255.0)));
  };
  return {pale(red), pale(green), pale(blue)};
}

// Two numbers in, classes out: which class the model sees where.
void add_plane(Page& page, const ReportSource& source) {
  const Dataset rows = source.training.take_rows(spread_rows(source.training.rows(), kMostDots));
  const Tensor& inputs = rows.inputs()[0].second;
  const auto x = feature(inputs, 0), y = feature(inputs, 1);
  auto room = [](Axis axis) {
    const double more = 0.08 * (axis.high - axis.low);
    axis.low -= more, axis.high += more;
    return axis;
  };
  const Axis across = room(drawing::axis_over(feature_name(source, 0), {x}));
  const Axis up = room(drawing::axis_over(feature_name(source, 1), {y}));
  std::vector<float> asked;
  for (int row = 0; row < kGrid; ++row)
    for (int column = 0; column < kGrid; ++column) {
      asked.push_back(
          static_cast<float>(across.low + (across.high - across.low) * (column + 0.5) / kGrid));
      asked.push_back(static_cast<float>(up.high - (up.high - up.low) * (row + 0.5) / kGrid));
    }
  const JudgedOutput output = ask(source, asked, 2);
  if (output.classes.empty()) return;
  const JudgedOutput here =
      judge_output(source, 0, source.model().predict(RowSourcePtr(rows), 256)[0], rows);
  drawing::Raster plane{kGrid, kGrid, {}};
  for (size_t i = 0; i < static_cast<size_t>(kGrid * kGrid); ++i)
    plane.pixels.push_back(blend(output, i));
  std::vector<Series> legend;
  for (size_t kind = 0; kind < std::min<size_t>(output.classes.size(), drawing::kSeries); ++kind)
    legend.push_back({output.classes[kind], {}, {}, drawing::series(kind)});
  drawing::Picture picture = drawing::draw_curves({"Decision boundary", across, up, legend});
  const drawing::Box field{48, 64, drawing::kChartWidth - 64, drawing::kChartHeight - 104};
  picture.raster(field, std::move(plane));
  drawing::Frame frame(picture, field, across, up);
  draw_unit_lines(frame, source, across, up);
  for (size_t i = 0; i < x.size(); ++i)
    picture.circle(frame.at(x[i], y[i]), 3.2, drawing::series(static_cast<size_t>(here.truth[i])),
                   {Ink::paper, 1});
  page.figure("decision_boundary", std::move(picture),
              "Colours: which class the model sees, the paler the less sure. Dots: training rows "
              "in their true class. Dashed: where each unit of the first layer turns.");
}

// Which of the weights that were followed went farthest; none if none was.
std::optional<size_t> farthest_weight(const TrainingRecord& record) {
  std::optional<size_t> found;
  double farthest = 0;
  for (size_t i = 0; i < record.followed.size(); ++i) {
    double low = INFINITY, high = -INFINITY;
    for (const auto& epoch : record.epochs)
      if (i < epoch.weights.size() && std::isfinite(epoch.weights[i]))
        low = std::min(low, epoch.weights[i]), high = std::max(high, epoch.weights[i]);
    if (high - low > farthest) farthest = high - low, found = i;
  }
  return found;
}

VariablePtr weight_named(const Model& model, const std::string& name) {
  for (const auto& weight : model.trainable_weights())
    if (weight->name() == name) return weight;
  return nullptr;
}

// The values that a followed weight had during training, and the loss with each.
Series steps_of(const TrainingRecord& record, size_t chosen) {
  const size_t every = record.epochs.size() / kMostSteps + 1;
  Series steps{"after each epoch", {}, {}, Ink::series_2, false, true};
  if (every > 1) steps.name = fmt::format("after every {} epochs", every);
  for (size_t i = 0; i < record.epochs.size(); i += every) {
    const auto& epoch = record.epochs[i];
    if (std::isfinite(epoch.weights[chosen]) && std::isfinite(epoch.loss))
      steps.x.push_back(epoch.weights[chosen]), steps.y.push_back(epoch.loss);
  }
  return steps;
}

double root_mean_square(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares / static_cast<double>(std::max<size_t>(values.size(), 1)));
}

// The loss over some training rows while one number of a weight goes from low to high.
Series slice_of(const ReportSource& source, Variable& weight, size_t element, double low,
                double high) {
  const auto rows = pick_rows(RowSourcePtr(source.training),
                              spread_rows(source.training.rows(), source.record.rows));
  const Tensor kept = weight.value().to_host().clone();
  auto values = kept.to_vector<double>();
  Series slice{"the loss, all other weights as at the end", {}, {}, Ink::series_1};
  for (int i = 0; i <= kSteps; ++i) {
    values[element] = low + (high - low) * i / kSteps;
    weight.set_value(Tensor::from(values, kept.shape()).to(kept.dtype()));
    const Logs logs = source.model().evaluate(rows, std::min<int64_t>(rows->rows(), 256));
    slice.x.push_back(values[element]);
    slice.y.push_back(*logs.find("loss"));
  }
  weight.set_value(kept);
  return slice;
}

void add_loss_slice(Page& page, const ReportSource& source) {
  const auto& record = source.record;
  const auto chosen = farthest_weight(record);
  if (!chosen || !source.data) return;
  const auto& [name, element] = record.followed[*chosen];
  const VariablePtr weight = weight_named(source.model(), name);
  const Series steps = steps_of(record, *chosen);
  if (!weight || element < 0 || element >= weight->shape().elements() || steps.x.size() < 2) return;
  const auto [least, most] = std::minmax_element(steps.x.begin(), steps.x.end());
  const double size = root_mean_square(weight->value().to_host().to_vector<double>());
  const double room = std::max({0.35 * (*most - *least), 2 * size, 1e-3});
  const Series slice =
      slice_of(source, *weight, static_cast<size_t>(element), *least - room, *most + room);
  if (std::none_of(slice.y.begin(), slice.y.end(), [](double v) { return std::isfinite(v); }))
    return;
  page.figure(
      "loss_against_weight",
      drawing::draw_curves({"Loss against one weight",
                            {name, *least - room, *most + room},
                            drawing::axis_over("", {slice.y, steps.y}, 100),
                            {slice, steps}}),
      fmt::format("Number {} of {}, whose gradient was among the largest at first. Dots lie above "
                  "the curve while the other weights were not yet where they ended.",
                  element, name));
}

}  // namespace

void add_landscape(Page& page, const ReportSource& source) {
  if (source.data && source.judged.inputs().size() == 1 && source.training.outputs().size() == 1 &&
      source.outputs.size() == 1) {
    const Shape& shape = source.judged.inputs()[0].second.shape();
    const int64_t width = shape.rank() == 2 ? shape[1] : 0;
    if (width == 1 && !source.outputs[0].prediction.empty()) add_line(page, source);
    if (width == 2 && !source.outputs[0].classes.empty()) add_plane(page, source);
  }
  add_loss_slice(page, source);
}

}  // namespace tutti
