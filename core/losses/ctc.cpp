#include "core/losses/ctc.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/pad.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/softmax.h"
#include "core/ops/take_along.h"

namespace tutti::losses {
namespace {

constexpr double kImpossible = -1e30;  // the logarithm of 0, with which sums stay finite

// The states of an alignment, blank and label in turn: (rows, 2 labels + 1) class indices.
Value states_of(const Value& labels) {
  const int64_t count = labels.shape()[1];
  const Value pairs = stack({labels * 0.0, labels}, 2);
  return pad(reshape(pairs, {kRows, 2 * count}), {0, 0}, {0, 1});
}

// (rows, steps, states): the log-probability of each state's class at each step.
Value emissions(const Value& states, const Value& logits) {
  const Value log_p = log_softmax(logits, -1);
  const int64_t steps = logits.shape()[1];
  std::vector<Value> each;
  for (const Value& state : split(states, static_cast<int>(states.shape()[1]), 1))
    each.push_back(take_along(log_p, broadcast_to(state, {kRows, steps})));
  return stack(each, 2);
}

// What arrives from `by` states before: the impossible where none is.
Value moved(const Value& scores, int64_t by) {
  const int64_t count = scores.shape()[1];
  std::vector<double> none(static_cast<size_t>(count), 0.0);
  std::fill_n(none.begin(), std::min(by, count), kImpossible);
  return pad(slice(scores, 1, 0, count - by), {0, by}, {0, 0}) +
         Value(Tensor::from(none, {count}).to(scores.dtype()));
}

Value log_sum_exp(const std::vector<Value>& terms) {
  Value largest = terms[0], sum;
  for (const Value& term : terms) largest = maximum(largest, term);
  largest = stop_gradient(largest);
  for (const Value& term : terms) {
    const Value part = exp(term - largest);
    sum = sum.defined() ? sum + part : part;
  }
  return largest + log(sum);
}

Value impossible_unless(const Value& allowed) { return select(allowed, 0.0, kImpossible); }

}  // namespace

Value CTC::call(const Value& y_true, const Value& y_pred) const {
  if (y_true.shape().rank() != 2 || y_pred.shape().rank() != 3)
    fail("CTC", "y_true has shape {}, y_pred {}; give (rows, labels) and (rows, steps, classes)",
         to_string(y_true.shape()), to_string(y_pred.shape()));
  const DType dtype = y_pred.dtype();
  const Value states = states_of(cast(y_true, DType::i64));
  const int64_t count = states.shape()[1], steps = y_pred.shape()[1];
  const Value emitted = emissions(states, y_pred);
  std::vector<double> places(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) places[static_cast<size_t>(i)] = static_cast<double>(i);
  const Value place = Value(Tensor::from(places, {count}).to(dtype));
  // A blank between two labels may be left out unless they are one class.
  const Value before = pad(slice(states, 1, 0, count - 2), {0, 2}, {0, 0});
  const Value skip = cast(
      impossible_unless(logical_and(not_equal(states, 0.0), not_equal(states, before))), dtype);
  const auto step = [&](int64_t t) { return squeeze(slice(emitted, 1, t, t + 1), 1); };
  Value scores = step(0) + cast(impossible_unless(less(place, 2.0)), dtype);
  for (int64_t t = 1; t < steps; ++t)
    scores = step(t) + log_sum_exp({scores, moved(scores, 1), moved(scores, 2) + skip});
  // It ends in its last label or in the blank behind it.
  const Value labels = reduce_sum(cast(not_equal(y_true, 0.0), dtype), {1}, true);
  const Value last = 2.0 * labels;
  const Value ends = logical_or(equal(place, last), equal(place, last - 1.0));
  const Value ended = scores + cast(impossible_unless(ends), dtype);
  const Value largest = stop_gradient(reduce_max(ended, {1}, true));
  return -(squeeze(largest, 1) + log(reduce_sum(exp(ended - largest), {1})));
}

TUTTI_REGISTER(Loss, CTC, "CTC", "of a sequence of labels that are aligned with no step")
    .with(declare_reduction);

}  // namespace tutti::losses
