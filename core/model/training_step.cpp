#include "core/model/training_step.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/trace.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"

namespace tutti {

void StepReport::mean(const std::string& name, const Value& scalar) {
  const Value rows = cast(row_count(), scalar.dtype());
  entries_.push_back({name, nullptr, sums_.size(), 2});
  sums_.push_back(sum_rows(scalar) * rows);
  sums_.push_back(rows);
}

void StepReport::metric(const std::string& name, std::shared_ptr<Metric> metric,
                        const Value& y_true, const Value& y_pred, const Value& sample_weight) {
  const auto sums = metric->sums(y_true, y_pred, sample_weight);
  entries_.push_back({name, std::move(metric), sums_.size(), sums.size()});
  sums_.insert(sums_.end(), sums.begin(), sums.end());
}

namespace {

// Scalars as one vector, of f32 unless one of them is f64, summed over all ranks where they are
// still owed it. Those that are travel together: one meeting of the ranks.
Value as_vector(const std::vector<Value>& scalars) {
  std::vector<Value> items;
  const bool wide = std::any_of(scalars.begin(), scalars.end(),
                                [](const Value& scalar) { return scalar.dtype() == DType::f64; });
  for (const auto& scalar : scalars)
    items.push_back(reshape(cast(scalar, wide ? DType::f64 : DType::f32), {1}));
  return sum_rows(items.size() == 1 ? items[0] : concatenate(items, 0));
}

}  // namespace

void Totals::add(const StepReport& report) {
  std::vector<Value> partials, sames;
  std::vector<StepReport::Entry> entries = report.entries();
  for (const auto& sum : report.sums())
    (sum.kind() == ValueKind::partial ? partials : sames).push_back(sum);
  const auto count = static_cast<int64_t>(report.sums().size());
  if (count == 0) return;
  if (!totals_) {
    totals_ = make_variable("totals",
                            Tensor::zeros({count}, DType::f64).to(*current_world().device), false);
    entries_ = std::move(entries);
    places_.clear();
    size_t partial = 0, same = partials.size();
    for (const auto& sum : report.sums())
      places_.push_back(sum.kind() == ValueKind::partial ? partial++ : same++);
  }
  if (totals_->shape()[0] != count)
    fail("fit",
         "a step reports {} sums where an earlier one reported {}; report the same at every step",
         count, totals_->shape()[0]);
  std::vector<Value> parts;
  if (!partials.empty()) parts.push_back(as_vector(partials));
  if (!sames.empty()) parts.push_back(as_vector(sames));
  const Value sums = parts.size() == 1 ? parts[0] : concatenate(parts, 0);
  totals_->assign(totals_->read() + cast(sums, DType::f64));
}

void Totals::reset() {
  if (totals_) totals_->set_value(Tensor::zeros(totals_->shape(), DType::f64));
}

std::vector<TrainingControl::Quantity> Totals::quantities() const {
  std::vector<TrainingControl::Quantity> quantities;
  for (const auto& entry : entries_)
    quantities.push_back({entry.name, entry.metric ? entry.metric->rises() : std::nullopt});
  return quantities;
}

std::vector<std::pair<std::string, double>> Totals::results() const {
  std::vector<std::pair<std::string, double>> results;
  if (!totals_) return results;
  const auto totals = totals_->value().to_vector<double>();
  for (const auto& entry : entries_) {
    std::vector<double> sums;
    for (size_t i = 0; i < entry.count; ++i) sums.push_back(totals[places_[entry.first + i]]);
    const double result = entry.metric   ? entry.metric->result(sums)
                          : sums[1] == 0 ? 0
                                         : sums[0] / sums[1];
    results.emplace_back(entry.name, result);
  }
  return results;
}

}  // namespace tutti
