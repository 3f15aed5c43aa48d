#include "core/model/training_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/trace.h"
#include "core/layers/layer.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"

namespace tutti {

void StepReport::add(const std::string& name, std::shared_ptr<Metric> metric,
                     const std::vector<Value>& sums) {
  const size_t first = numbers_;
  for (const Value& sum : sums) numbers_ += static_cast<size_t>(sum.shape().elements());
  entries_.push_back({name, std::move(metric), first, numbers_ - first});
  sums_.insert(sums_.end(), sums.begin(), sums.end());
}

void StepReport::mean(const std::string& name, const Value& scalar) {
  const Value rows = cast(row_count(), scalar.dtype());
  add(name, nullptr, {sum_rows(scalar) * rows, rows});
}

void StepReport::metric(const std::string& name, std::shared_ptr<Metric> metric,
                        const Value& y_true, const Value& y_pred, const Value& sample_weight) {
  const auto sums = metric->sums(widen_half(y_true), widen_half(y_pred), sample_weight);
  add(name, std::move(metric), sums);
}

namespace {

// The numbers of all sums as one vector, of f32 unless one of them is f64, summed over all ranks
// where they are still owed it. Those that are travel together: one meeting of the ranks.
Value as_vector(const std::vector<Value>& sums) {
  std::vector<Value> items;
  const bool wide = std::any_of(sums.begin(), sums.end(),
                                [](const Value& sum) { return sum.dtype() == DType::f64; });
  for (const auto& sum : sums)
    items.push_back(reshape(cast(sum, wide ? DType::f64 : DType::f32), {sum.shape().elements()}));
  return sum_rows(items.size() == 1 ? items[0] : concatenate(items, 0));
}

// Where each number of the sums lies once those still owed stand before the others.
std::vector<size_t> places_of(const std::vector<Value>& sums) {
  const auto partial = [](const Value& sum) { return sum.kind() == ValueKind::partial; };
  size_t owed = 0, behind = 0;
  for (const Value& sum : sums)
    if (partial(sum)) behind += static_cast<size_t>(sum.shape().elements());
  std::vector<size_t> places;
  for (const Value& sum : sums)
    for (int64_t i = 0; i < sum.shape().elements(); ++i)
      places.push_back(partial(sum) ? owed++ : behind++);
  return places;
}

// Of number i among `count` that one metric has.
std::string name_of(const std::string& metric, size_t i, size_t count) {
  return count == 1 ? metric : fmt::format("{}_{}", metric, i);
}

}  // namespace

void Totals::add(const StepReport& report) {
  std::vector<Value> partials, sames;
  for (const auto& sum : report.sums())
    (sum.kind() == ValueKind::partial ? partials : sames).push_back(sum);
  std::vector<size_t> places = places_of(report.sums());
  const auto count = static_cast<int64_t>(places.size());
  if (count == 0) return;
  if (!totals_) {
    totals_ = make_variable("totals",
                            Tensor::zeros({count}, DType::f64).to(*current_world().device), false);
    entries_ = report.entries();
    places_ = std::move(places);
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
  for (const auto& entry : entries_) {
    const std::vector<double> nothing(entry.count, 0.0);
    const size_t count = entry.metric ? entry.metric->results(nothing).size() : 1;
    for (size_t i = 0; i < count; ++i)
      quantities.push_back(
          {name_of(entry.name, i, count), entry.metric ? entry.metric->rises() : std::nullopt});
  }
  return quantities;
}

std::vector<std::pair<std::string, double>> Totals::results() const {
  std::vector<std::pair<std::string, double>> results;
  if (!totals_) return results;
  const auto totals = totals_->value().to_vector<double>();
  for (const auto& entry : entries_) {
    std::vector<double> sums;
    for (size_t i = 0; i < entry.count; ++i) sums.push_back(totals[places_[entry.first + i]]);
    const auto numbers = entry.metric ? entry.metric->results(sums)
                                      : std::vector<double>{sums[1] == 0 ? 0 : sums[0] / sums[1]};
    for (size_t i = 0; i < numbers.size(); ++i)
      results.emplace_back(name_of(entry.name, i, numbers.size()), numbers[i]);
  }
  return results;
}

}  // namespace tutti
