#include "core/metrics/metric.h"

#include <numeric>

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

// The mean over axes [begin, rank).
Value mean_from(const Value& value, int begin) {
  if (value.shape().rank() <= begin) return value;
  std::vector<int> axes(static_cast<size_t>(value.shape().rank() - begin));
  std::iota(axes.begin(), axes.end(), begin);
  return reduce_mean(value, axes);
}

class FunctionMetric final : public MeanMetric {
 public:
  explicit FunctionMetric(Function function) : function_(std::move(function)) {}
  Value values(const Value& y_true, const Value& y_pred) const override {
    return function_(y_true, y_pred);
  }

 private:
  Function function_;
};

const bool metric_keys_declared =
    (add_common_key(Metric::category, "name"), add_common_key(Metric::category, "dtype"), true);

}  // namespace

std::string Metric::name() const { return name_.empty() ? default_name() : name_; }

std::string Metric::default_name() const {
  const KindInfo* kind = kind_of(*this);
  return kind ? snake_case(kind->name) : "metric";
}

std::vector<double> Metric::results(std::span<const double> totals) const {
  return {result(totals)};
}

std::shared_ptr<Metric> Metric::for_shapes(const Shape&, const Shape&, bool) const { return {}; }

std::shared_ptr<Metric> Metric::from_function(Function function, std::string name) {
  auto metric = std::make_shared<FunctionMetric>(std::move(function));
  metric->set_name(std::move(name));
  return metric;
}

template <>
std::shared_ptr<Metric> make<Metric>(const Config& config) {
  (void)metric_keys_declared;
  auto metric = std::static_pointer_cast<Metric>(make_kind(Metric::category, config));
  const KindCall call = parse_kind(Metric::category, config);
  const Config* name = call.arguments.find("name");
  if (config.is_string()) metric->set_name(config.as_string());
  if (name && !name->is_null()) metric->set_name(name->as_string());
  return metric;
}

std::vector<Value> MeanMetric::sums(const Value& y_true, const Value& y_pred,
                                    const Value& sample_weight) const {
  const auto [truth, prediction] = match_ranks(y_true, y_pred);
  Value each = values(truth, prediction);
  if (!is_floating(each.dtype())) each = cast(each, DType::f32);
  // A scalar counts as one row: the function has reduced by itself.
  if (each.shape().rank() == 0) return {each, Value(Tensor::full({}, 1.0, each.dtype()))};
  Value counts = sample_weight;
  if (const Value marked = mask(y_pred); marked.defined()) {
    const Value carried = cast(marked, each.dtype());
    counts = counts.defined()
                 ? align_weight(cast(counts, each.dtype()), carried, name().c_str()) * carried
                 : carried;
  }
  if (!counts.defined()) {
    const Value rows = mean_from(each, 1);
    return {reduce_sum(rows), global_elements(rows)};
  }
  auto [matched, weight] = match_ranks(each, cast(counts, each.dtype()));
  matched = mean_from(matched, weight.shape().rank());
  weight = broadcast_to(align_weight(weight, matched, name().c_str()), matched.shape());
  return {reduce_sum(mean_from(matched * weight, 1)), reduce_sum(mean_from(weight, 1))};
}

double MeanMetric::result(std::span<const double> totals) const {
  return totals[1] == 0 ? 0.0 : totals[0] / totals[1];
}

std::shared_ptr<Metric> resolve_metric(const Ref<Metric>& metric, const Shape& y_true,
                                       const Shape& y_pred, bool sparse_labels) {
  if (!metric) fail("metric", "an empty metric was given; name one, for example 'accuracy'");
  auto resolved = metric->for_shapes(y_true, y_pred, sparse_labels);
  if (!resolved) return metric.pointer();
  resolved->set_name(metric->name());
  return resolved;
}

}  // namespace tutti
