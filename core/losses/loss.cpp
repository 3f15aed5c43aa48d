#include "core/losses/loss.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/layers/layer.h"
#include "core/losses/match_ranks.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

[[maybe_unused]] const bool loss_keys_declared =
    (add_common_key(Loss::category, "name"), add_common_key(Loss::category, "dtype"), true);

Value divide_no_nan(const Value& a, const Value& b) {
  const Value none = equal(b, 0.0);
  return a * select(none, 0.0, 1.0 / select(none, 1.0, b));
}

// Masked losses weigh nothing; the others so much more that a mean is over them alone.
Value mask_weight(const Value& mask, const std::string& reduction) {
  if (reduction != "mean" && reduction != "sum_over_batch_size") return mask;
  return mask * divide_no_nan(global_elements(mask), reduce_sum(mask));
}

class FunctionLoss final : public Loss {
 public:
  explicit FunctionLoss(Function function) : function_(std::move(function)) {}
  Value call(const Value& y_true, const Value& y_pred) const override {
    return function_(y_true, y_pred);
  }

 private:
  Function function_;
};

}  // namespace

Loss::Loss(std::string reduction) : reduction_(std::move(reduction)) {
  if (std::find(kReductions.begin(), kReductions.end(), reduction_) == kReductions.end())
    fail("loss", "reduction '{}' is unknown{}; use {}", reduction_,
         did_you_mean(reduction_, kReductions), fmt::join(kReductions, ", "));
}

Value Loss::mask(const Value&, const Value&) const { return {}; }

Value Loss::operator()(const Value& y_true, const Value& y_pred, const Value& sample_weight) const {
  const auto [truth, prediction] = match_ranks(widen_half(y_true), widen_half(y_pred));
  Value values = call(truth, prediction);
  Value weight = mask(truth, prediction);
  if (const Value carried = mask_of(y_pred); carried.defined()) {
    const Value counts = cast(carried, values.dtype());
    weight = weight.defined() ? weight * counts : counts;
  }
  if (weight.defined()) {
    weight = mask_weight(weight, reduction_);
    if (values.shape().rank() > 0) weight = align_weight(weight, values, "loss");
  }
  if (sample_weight.defined()) {
    Value given = cast(sample_weight, values.dtype());
    std::tie(values, given) = match_ranks(values, given);
    // A function that has reduced by itself: each weight weighs what it gave.
    if (values.shape().rank() > 0) given = align_weight(given, values, "loss");
    weight = weight.defined() ? weight * given : given;
  }
  if (weight.defined()) values = values * weight;
  if (reduction_ == "none" || values.shape().rank() == 0) return values;
  Value sum = reduce_sum(values);
  if (reduction_ == "sum") return sum;
  if (reduction_ == "mean_with_sample_weight" && weight.defined())
    return divide_no_nan(sum, reduce_sum(weight));
  return sum / global_elements(values);
}

std::shared_ptr<Loss> Loss::from_function(Function function) {
  return std::make_shared<FunctionLoss>(std::move(function));
}

}  // namespace tutti
