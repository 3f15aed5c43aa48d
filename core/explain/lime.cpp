#include "core/explain/lime.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"

namespace tutti {
namespace {

using Indices = std::vector<int64_t>;

Indices forward_selection(const Matrix& x, std::span<const double> y,
                          std::span<const double> weights, int64_t wanted) {
  Indices chosen;
  while (static_cast<int64_t>(chosen.size()) < std::min(wanted, x.columns)) {
    double best_score = -std::numeric_limits<double>::infinity();
    int64_t best = -1;
    for (int64_t j = 0; j < x.columns; ++j) {
      if (std::find(chosen.begin(), chosen.end(), j) != chosen.end()) continue;
      Indices tried = chosen;
      tried.push_back(j);
      const double score = fit_ridge(x.take_columns(tried), y, weights, 0).score;
      if (best < 0 || score > best_score) best_score = score, best = j;
    }
    chosen.push_back(best);
  }
  return chosen;
}

Indices highest_weights(const Matrix& x, std::span<const double> y, std::span<const double> weights,
                        int64_t wanted) {
  const LinearFit fit = fit_ridge(x, y, weights, 0.01);
  std::vector<Contribution> effects;
  for (int64_t j = 0; j < x.columns; ++j)
    effects.push_back({j, "", fit.coefficients[static_cast<size_t>(j)] * x(0, j)});
  sort_by_weight(effects);
  Indices chosen;
  for (const auto& effect : effects)
    if (static_cast<int64_t>(chosen.size()) < wanted) chosen.push_back(effect.feature);
  return chosen;
}

// The features of the furthest point of the lasso's path that has no more than wanted.
Indices lasso_selection(const Matrix& x, std::span<const double> y, std::span<const double> weights,
                        int64_t wanted) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const auto centred = [&](std::vector<double> column) {
    const double mean =
        std::inner_product(column.begin(), column.end(), weights.begin(), 0.0) / total;
    for (size_t i = 0; i < column.size(); ++i)
      column[i] = (column[i] - mean) * std::sqrt(weights[i]);
    return column;
  };
  Matrix weighted(x.rows, x.columns);
  for (int64_t j = 0; j < x.columns; ++j) {
    const auto column = centred(x.column(j));
    for (int64_t i = 0; i < x.rows; ++i) weighted(i, j) = column[static_cast<size_t>(i)];
  }
  const LarsPath path = lars_path(weighted, centred({y.begin(), y.end()}), 8 * x.columns, true);
  Indices chosen;
  for (size_t step = path.coefficients.size(); step-- > 1;) {
    chosen.clear();
    for (int64_t j = 0; j < x.columns; ++j)
      if (path.coefficients[step][static_cast<size_t>(j)] != 0) chosen.push_back(j);
    if (static_cast<int64_t>(chosen.size()) <= wanted) break;
  }
  return chosen;
}

Indices select_features(const Matrix& x, std::span<const double> y, std::span<const double> weights,
                        const LimeFit& fit) {
  std::string method = fit.feature_selection;
  if (method == "auto") method = fit.num_features <= 6 ? "forward_selection" : "highest_weights";
  if (method == "forward_selection") return forward_selection(x, y, weights, fit.num_features);
  if (method == "highest_weights") return highest_weights(x, y, weights, fit.num_features);
  if (method == "lasso_path") return lasso_selection(x, y, weights, fit.num_features);
  if (method != "none")
    fail("lime",
         "no feature_selection '{}'; use auto, forward_selection, highest_weights, lasso_path or "
         "none",
         method);
  Indices all(static_cast<size_t>(x.columns));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

}  // namespace

LimeExplanation explain_neighborhood(const LimeNeighborhood& neighborhood, int64_t output,
                                     const LimeFit& fit) {
  const Matrix& x = neighborhood.features;
  if (output < 0 || output >= neighborhood.predictions.columns)
    fail("lime", "there is no output {} of {}; outputs count from 0", output,
         neighborhood.predictions.columns);
  if (fit.num_features < 1) fail("lime", "num_features is {}; use 1 or more", fit.num_features);
  std::vector<double> weights;
  for (const double distance : neighborhood.distances)
    weights.push_back(
        std::sqrt(std::exp(-(distance * distance) / (fit.kernel_width * fit.kernel_width))));
  const auto y = neighborhood.predictions.column(output);
  const Indices chosen = select_features(x, y, weights, fit);
  const Matrix seen = x.take_columns(chosen);
  const LinearFit linear = fit_ridge(seen, y, weights, 1);

  LimeExplanation result;
  result.output = output;
  result.base_value = linear.intercept;
  result.prediction = y[0];
  for (size_t i = 0; i < chosen.size(); ++i)
    result.contributions.push_back({chosen[i], std::to_string(chosen[i]), linear.coefficients[i]});
  sort_by_weight(result.contributions);
  result.score = linear.score;
  result.local_prediction = linear.predict(seen.row(0));
  return result;
}

std::vector<LimeExplanation> explain_outputs(const LimeNeighborhood& neighborhood,
                                             const LimeRequest& request, LimeFit fit) {
  fit.num_features = request.num_features;
  std::vector<int64_t> outputs = request.outputs;
  if (request.top_outputs > 0) {
    const auto first = neighborhood.predictions.row(0);
    outputs.resize(first.size());
    std::iota(outputs.begin(), outputs.end(), int64_t{0});
    std::stable_sort(outputs.begin(), outputs.end(), [&](int64_t a, int64_t b) {
      return first[static_cast<size_t>(a)] > first[static_cast<size_t>(b)];
    });
    outputs.resize(std::min(outputs.size(), static_cast<size_t>(request.top_outputs)));
  }
  std::vector<LimeExplanation> results;
  for (const int64_t output : outputs)
    results.push_back(explain_neighborhood(neighborhood, output, fit));
  return results;
}

std::vector<double> distances_to_first(const Matrix& features, LimeDistance distance) {
  const auto first = features.row(0);
  const auto dot = [](std::span<const double> a, std::span<const double> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  std::vector<double> distances;
  for (int64_t i = 0; i < features.rows; ++i) {
    const auto row = features.row(i);
    if (distance == LimeDistance::cosine) {
      const double norms = std::sqrt(dot(row, row) * dot(first, first));
      distances.push_back(norms > 0 ? 1 - dot(row, first) / norms : 1);
    } else {
      double sum = 0;
      for (size_t j = 0; j < row.size(); ++j) sum += (row[j] - first[j]) * (row[j] - first[j]);
      distances.push_back(std::sqrt(sum));
    }
  }
  return distances;
}

}  // namespace tutti
