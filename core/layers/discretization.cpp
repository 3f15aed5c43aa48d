#include "core/layers/discretization.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/layers/category_encoding.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

// Values and how many numbers each stands for, as Keras keeps them: f32 after each step.
struct Summary {
  std::vector<double> values, weights;
};

Summary summary_of(std::vector<float> numbers, double epsilon) {
  std::sort(numbers.begin(), numbers.end());
  const double step = std::max(static_cast<double>(numbers.size()) / (1.0 / epsilon), 1.0);
  Summary summary;
  for (auto i = static_cast<size_t>(step - 1); i < numbers.size(); i += static_cast<size_t>(step)) {
    summary.values.push_back(numbers[i]);
    summary.weights.push_back(static_cast<float>(step));
  }
  return summary;
}

// numpy.interp: linear between ascending x, held beyond them.
double interpolated(double at, const std::vector<double>& x, const std::vector<double>& y) {
  const auto above = static_cast<size_t>(std::upper_bound(x.begin(), x.end(), at) - x.begin());
  if (above == 0) return y.front();
  if (above == x.size()) return y.back();
  const double slope = (y[above] - y[above - 1]) / (x[above] - x[above - 1]);
  return slope * (at - x[above - 1]) + y[above - 1];
}

// Of a share `epsilon` of the numbers each, as f32.
Summary compressed(const Summary& summary, double epsilon) {
  if (static_cast<double>(summary.values.size()) * epsilon < 1) return summary;
  std::vector<double> sums, shares;
  double sum = 0;
  for (const double weight : summary.weights) sums.push_back(sum += weight);
  for (const double each : sums) shares.push_back(each / sum);
  const auto count = static_cast<size_t>(std::ceil(1.0 / epsilon));  // numpy.arange(0, 1, epsilon)
  Summary result;
  double before = 0;
  for (size_t i = 0; i < count; ++i) {
    const double share = epsilon + static_cast<double>(i) * epsilon;
    const double at = interpolated(share, shares, sums);
    result.values.push_back(static_cast<float>(interpolated(share, shares, summary.values)));
    result.weights.push_back(static_cast<float>(at - before));
    before = at;
  }
  return result;
}

}  // namespace

DiscretizationLayer::DiscretizationLayer(Options options) : options_(std::move(options)) {
  refuse_sparse("Discretization", options_.sparse);
  const auto& boundaries = options_.bin_boundaries;
  if (!boundaries && !options_.num_bins)
    fail("Discretization", "needs bin_boundaries, or num_bins for adapt(); give one of them");
  if (options_.num_bins && *options_.num_bins < 1)
    fail("Discretization", "num_bins is {}; use 1 or more", *options_.num_bins);
  // An adapted layer's config has both.
  if (boundaries && !std::is_sorted(boundaries->begin(), boundaries->end()))
    fail("Discretization", "bin_boundaries do not ascend; sort them");
  if (!(options_.epsilon > 0 && options_.epsilon < 1))
    fail("Discretization", "epsilon is {}; use a share between 0 and 1", options_.epsilon);
}

void DiscretizationLayer::adapt(const Tensor& data) {
  if (!options_.num_bins)
    fail(where(), "has bin_boundaries; give num_bins in their place to adapt()");
  const auto numbers = data.to_vector<float>();
  if (numbers.empty()) fail(ExitCode::data, where(), "adapt() got no numbers; give it data");
  const Summary summary = compressed(summary_of(numbers, options_.epsilon), options_.epsilon);
  auto boundaries = compressed(summary, 1.0 / static_cast<double>(*options_.num_bins)).values;
  boundaries.pop_back();
  options_.bin_boundaries = std::move(boundaries);
}

std::vector<Value> DiscretizationLayer::call(const std::vector<Value>& inputs) {
  if (!options_.bin_boundaries)
    fail(where(), "has no bin_boundaries yet; give them, or call adapt() before the layer");
  const auto& boundaries = *options_.bin_boundaries;
  const Value x = cast(only(inputs), DType::f32);
  Value bins = cast(x * 0.0, DType::i32);
  if (!boundaries.empty()) {
    std::vector<int64_t> dims = x.shape().dims();
    dims.push_back(1);
    const Shape all{static_cast<int64_t>(boundaries.size())};
    const Value limits(Tensor::from(boundaries, all).to(DType::f32));
    const Value passed = greater_equal(reshape(x, Shape(dims)), limits);
    bins = cast(reduce_sum(cast(passed, DType::f32), {-1}), DType::i32);
  }
  const bool whole = options_.output_mode == "int";
  return {encode_categories(bins, options_.output_mode, static_cast<int64_t>(boundaries.size()) + 1,
                            whole ? DType::i32 : dtype())};
}

TUTTI_REGISTER(Layer, DiscretizationLayer, "Discretization", "numbers to the bins they lie in")
    .argument("bin_boundaries", &DiscretizationOptions::bin_boundaries, "where bins meet")
    .argument("num_bins", &DiscretizationOptions::num_bins, "how many bins adapt() finds")
    .argument("epsilon", &DiscretizationOptions::epsilon, "error of the quantiles of adapt()")
    .choice("output_mode", &DiscretizationOptions::output_mode,
            {"int", "one_hot", "multi_hot", "count"}, "bins, or marks or counts of them")
    .argument("sparse", &DiscretizationOptions::sparse, "refused; outputs are dense");

}  // namespace tutti
