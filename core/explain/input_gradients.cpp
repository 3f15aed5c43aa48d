#include "core/explain/input_gradients.h"

#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/explain/inference_graph.h"
#include "core/graph/gradient.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

// The gradient of one unit as a value of the graph.
Value gradient_of(const InferenceGraph& graph, int64_t unit) {
  const Value column = output_column(graph.output, unit);
  const auto found = split_gradients({column}, {column * 0.0 + 1.0}, {graph.input});
  return found[0].defined() ? found[0].total() : graph.input * 0.0;
}

// Nodes and weights of Gauss and Legendre's rule on [0, 1]; roots by Newton's method.
std::vector<std::pair<double, double>> gauss_legendre(int64_t n) {
  std::vector<std::pair<double, double>> rule;
  const auto order = static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (order + 0.5));
    double slope = 0;
    for (int iteration = 0; iteration < 50; ++iteration) {
      double before = 1, value = x;
      for (int64_t k = 2; k <= n; ++k) {
        const auto at = static_cast<double>(k);
        before = std::exchange(value, ((2 * at - 1) * x * value - (at - 1) * before) / at);
      }
      slope = order * (x * value - before) / (x * x - 1);
      const double step = value / slope;
      x -= step;
      if (std::abs(step) < 1e-15) break;
    }
    rule.emplace_back((1 + x) / 2, 1 / ((1 - x * x) * slope * slope));
  }
  return rule;
}

// A point on each of some lines from a row of the background to the row, and the lines' lengths.
struct Lines {
  std::vector<double> points, differences;
};

Lines draw_lines(const std::vector<double>& row, const Tensor& background,
                 const GradientShapOptions& options, Random& random) {
  const auto known = background.to_vector<double>();
  Lines lines;
  for (int64_t s = 0; s < options.nsamples; ++s) {
    const size_t begin = random.below(static_cast<uint64_t>(background.rows())) * row.size();
    const double place = random.uniform();
    for (size_t i = 0; i < row.size(); ++i) {
      const double noise = options.local_smoothing > 0 ? random.normal() : 0;
      const double from = known[begin + i], to = row[i] + options.local_smoothing * noise;
      lines.points.push_back(place * to + (1 - place) * from);
      lines.differences.push_back(to - from);
    }
  }
  return lines;
}

}  // namespace

Tensor input_gradients(Model& model, const Tensor& rows, int64_t unit) {
  const InferenceGraph graph = inference_graph(model, rows);
  return run_rows({graph.input}, {gradient_of(graph, unit)}, {rows})[0];
}

Tensor saliency(Model& model, const Tensor& rows, int64_t unit) {
  const InferenceGraph graph = inference_graph(model, rows);
  return run_rows({graph.input}, {abs(gradient_of(graph, unit))}, {rows})[0];
}

Tensor integrated_gradients(Model& model, const Tensor& rows, const Tensor& baseline, int64_t unit,
                            int64_t steps) {
  if (steps < 1) fail("integrated_gradients", "{} steps; use 1 or more", steps);
  const Tensor from = baseline.defined()
                          ? baseline.reshape(rows.shape().tail().stacked(1))
                          : Tensor::zeros(rows.shape().tail().stacked(1), rows.dtype());
  const InferenceGraph graph = inference_graph(model, rows);
  const Value gradient = gradient_of(graph, unit);
  const auto ends = rows.to_vector<double>(), begin = from.to_vector<double>();
  std::vector<double> sums(ends.size()), points(ends.size());
  for (const auto& [place, weight] : gauss_legendre(steps)) {
    for (size_t i = 0; i < ends.size(); ++i) {
      const double start = begin[i % begin.size()];
      points[i] = start + place * (ends[i] - start);
    }
    const auto slopes = run_rows({graph.input}, {gradient}, {Tensor::from(points, rows.shape())})[0]
                            .to_vector<double>();
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] += weight * slopes[i] * (ends[i] - begin[i % begin.size()]);
  }
  return Tensor::from(sums, rows.shape());
}

ShapValues gradient_shap(Model& model, const Tensor& rows, const Tensor& background,
                         const GradientShapOptions& options) {
  check_like_rows(background, rows, "a background");
  if (options.nsamples < 1) fail("gradient_shap", "{} samples; use 1 or more", options.nsamples);
  const InferenceGraph graph = inference_graph(model, rows);
  const auto outputs_of = [&](const Tensor& x) {
    const Tensor y = run_rows({graph.input}, {graph.output}, {x})[0].to(DType::f64);
    return y.reshape({y.rows(), y.elements() / y.rows()});
  };
  const Tensor predictions = outputs_of(rows);
  const int64_t outputs = predictions.shape()[1], width = rows.shape().elements_per_row();
  ShapValues result = ShapValues::zeros(rows.shape(), outputs);
  result.predictions = predictions;
  result.base_values = reduce_mean(outputs_of(background), {0});
  std::vector<Value> gradients;
  for (int64_t o = 0; o < outputs; ++o) gradients.push_back(gradient_of(graph, o));
  for (int64_t r = 0; r < rows.rows(); ++r) {
    Random random(options.seed, static_cast<uint64_t>(r));
    const Lines lines = draw_lines(rows.row(r).to_vector<double>(), background, options, random);
    const Tensor points = Tensor::from(lines.points, rows.shape().tail().stacked(options.nsamples));
    const auto slopes = run_rows({graph.input}, gradients, {points});
    for (int64_t o = 0; o < outputs; ++o) {
      const auto slope = slopes[static_cast<size_t>(o)].to_vector<double>();
      for (size_t i = 0; i < slope.size(); ++i)
        result.values.data<double>()[(r * width + static_cast<int64_t>(i) % width) * outputs + o] +=
            slope[i] * lines.differences[i] / static_cast<double>(options.nsamples);
    }
  }
  return result;
}

}  // namespace tutti
