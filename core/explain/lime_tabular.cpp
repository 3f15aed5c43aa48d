#include "core/explain/lime_tabular.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"

namespace tutti {
namespace {

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// NumPy's percentile, linear between neighbours.
double quantile(const std::vector<double>& sorted, double part) {
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

size_t bin_of(const std::vector<double>& edges, double value) {
  return static_cast<size_t>(std::lower_bound(edges.begin(), edges.end(), value) - edges.begin());
}

size_t draw(const std::vector<double>& frequencies, Random& random) {
  double left = random.uniform();
  for (size_t i = 0; i + 1 < frequencies.size(); ++i)
    if ((left -= frequencies[i]) < 0) return i;
  return frequencies.size() - 1;
}

// A bin holds its own mean, so that a normal falls into it often.
double truncated_normal(double mean, double deviation, double least, double most, Random& random) {
  if (least == most) return least;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const double value = mean + deviation * random.normal();
    if (value >= least && value <= most) return value;
  }
  return mean;
}

}  // namespace

LimeTabularExplainer::LimeTabularExplainer(const Tensor& training_data, LimeTabularOptions options)
    : options_(std::move(options)), dtype_(training_data.dtype()) {
  if (training_data.shape().rank() != 2 || training_data.rows() < 1)
    fail("lime", "training data of shape {}; give rows of features",
         to_string(training_data.shape()));
  const Matrix data(training_data.rows(), training_data.shape()[1],
                    training_data.to_vector<double>());
  auto& names = options_.feature_names;
  if (names.empty())
    for (int64_t j = 0; j < data.columns; ++j) names.push_back(std::to_string(j));
  if (static_cast<int64_t>(names.size()) != data.columns)
    fail("lime", "{} feature names for {} columns; name each", names.size(), data.columns);
  for (const int64_t j : options_.categorical_features)
    if (j < 0 || j >= data.columns)
      fail("lime", "no column {} of {} for categorical_features", j, data.columns);
  for (int64_t j = 0; j < data.columns; ++j) {
    const auto values = data.column(j);
    Column& column = columns_.emplace_back();
    const auto& categories = options_.categorical_features;
    column.categorical = std::find(categories.begin(), categories.end(), j) != categories.end();
    if (column.categorical || options_.discretize_continuous) {
      fit_bins(column, values);
    } else {
      column.mean = mean_of(values);
      column.scale = deviation_of(values, column.mean);
      if (column.scale == 0) column.scale = 1;
    }
  }
}

void LimeTabularExplainer::fit_bins(Column& column, const std::vector<double>& values) const {
  if (!column.categorical) {
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    for (const double part : {0.25, 0.5, 0.75}) column.edges.push_back(quantile(sorted, part));
    column.edges.erase(std::unique(column.edges.begin(), column.edges.end()), column.edges.end());
    for (size_t bin = 0; bin <= column.edges.size(); ++bin) {
      std::vector<double> inside;
      for (const double value : values)
        if (bin_of(column.edges, value) == bin) inside.push_back(value);
      column.means.push_back(inside.empty() ? 0 : mean_of(inside));
      column.deviations.push_back((inside.empty() ? 0 : deviation_of(inside, column.means.back())) +
                                  1e-11);
      column.least.push_back(bin == 0 ? sorted.front() : column.edges[bin - 1]);
      column.most.push_back(bin == column.edges.size() ? sorted.back() : column.edges[bin]);
    }
  }
  std::map<double, double> counts;
  for (const double value : values)
    counts[column.categorical ? value : static_cast<double>(bin_of(column.edges, value))] += 1;
  for (const auto& [value, count] : counts) {
    column.values.push_back(value);
    column.frequencies.push_back(count / static_cast<double>(values.size()));
  }
}

LimeTabularExplainer::Samples LimeTabularExplainer::sample(const std::vector<double>& row,
                                                           int64_t count) const {
  const auto width = static_cast<int64_t>(columns_.size());
  Samples samples{Matrix(count, width), Matrix(count, width)};
  for (int64_t j = 0; j < width; ++j) {
    const Column& column = columns_[static_cast<size_t>(j)];
    const double own = row[static_cast<size_t>(j)];
    Random random(options_.seed, static_cast<uint64_t>(j));
    const double own_bin =
        column.categorical ? own : static_cast<double>(bin_of(column.edges, own));
    for (int64_t i = 0; i < count; ++i) {
      double value = own, seen = 1;
      if (column.values.empty()) {
        const double centre = options_.sample_around_instance ? own : column.mean;
        if (i > 0) value = centre + column.scale * random.normal();
        seen = (value - column.mean) / column.scale;
      } else if (i > 0) {
        const size_t drawn = draw(column.frequencies, random);
        value = column.values[drawn];
        seen = value == own_bin ? 1 : 0;
        if (!column.categorical) {
          const auto bin = static_cast<size_t>(value);
          value = truncated_normal(column.means[bin], column.deviations[bin], column.least[bin],
                                   column.most[bin], random);
        }
      }
      samples.seen(i, j) = seen;
      samples.rows(i, j) = value;
    }
  }
  return samples;
}

std::string LimeTabularExplainer::condition(int64_t index, double value) const {
  const Column& column = columns_[static_cast<size_t>(index)];
  const std::string& name = options_.feature_names[static_cast<size_t>(index)];
  if (column.categorical) return fmt::format("{}={}", name, static_cast<int64_t>(value));
  if (column.edges.empty()) return name;
  const size_t bin = bin_of(column.edges, value);
  if (bin == 0) return fmt::format("{} <= {:.2f}", name, column.edges[0]);
  if (bin == column.edges.size()) return fmt::format("{} > {:.2f}", name, column.edges.back());
  return fmt::format("{:.2f} < {} <= {:.2f}", column.edges[bin - 1], name, column.edges[bin]);
}

std::vector<LimeExplanation> LimeTabularExplainer::explain_samples(
    const Samples& samples, const PredictFunction& predict, const LimeRequest& request) const {
  const Matrix& rows = samples.rows;
  LimeNeighborhood around;
  around.features = samples.seen;
  around.predictions = predictions_of(
      predict, Tensor::from(rows.values, {rows.rows, rows.columns}).to(dtype_), "lime");
  around.distances = distances_to_first(samples.seen, LimeDistance::euclidean);
  LimeFit fit;
  fit.kernel_width =
      options_.kernel_width.value_or(0.75 * std::sqrt(static_cast<double>(columns_.size())));
  fit.feature_selection = options_.feature_selection;
  auto explanations = explain_outputs(around, request, fit);
  for (auto& explanation : explanations)
    for (auto& item : explanation.contributions)
      item.name = condition(item.feature, rows(0, item.feature));
  return explanations;
}

std::vector<LimeExplanation> LimeTabularExplainer::explain_instance(
    const Tensor& row, const PredictFunction& predict, const LimeRequest& request) const {
  if (row.elements() != static_cast<int64_t>(columns_.size()))
    fail("lime", "a row of {} values for {} columns of training data", row.elements(),
         columns_.size());
  if (request.num_samples < 2)
    fail("lime", "num_samples is {}; use some hundreds", request.num_samples);
  return explain_samples(sample(row.to_vector<double>(), request.num_samples), predict, request);
}

}  // namespace tutti
