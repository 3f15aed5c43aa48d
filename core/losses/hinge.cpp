#include "core/losses/hinge.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/losses/regression.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::losses {
namespace {

// y_true y_pred, of labels -1 and 1.
Value agreement(const Value& y_true, const Value& y_pred, const char* where) {
  (void)difference(y_true, y_pred, where);
  const Value label = cast(y_true, y_pred.dtype());
  const Value other = logical_not(logical_or(equal(label, 0.0), equal(label, 1.0)));
  const Value others = sum_rows(reduce_sum(cast(other, y_pred.dtype())));
  return select(equal(others, 0.0), 2.0 * label - 1.0, label) * y_pred;
}

}  // namespace

Value Hinge::call(const Value& y_true, const Value& y_pred) const {
  return mean_over_last(relu(1.0 - agreement(y_true, y_pred, "Hinge")));
}

Value SquaredHinge::call(const Value& y_true, const Value& y_pred) const {
  return mean_over_last(square(relu(1.0 - agreement(y_true, y_pred, "SquaredHinge"))));
}

Value Perceptron::call(const Value& y_true, const Value& y_pred) const {
  return mean_over_last(relu(-agreement(y_true, y_pred, "Perceptron")));
}

Value CategoricalHinge::call(const Value& y_true, const Value& y_pred) const {
  (void)difference(y_true, y_pred, "CategoricalHinge");
  const Value label = cast(y_true, y_pred.dtype());
  const Value own = reduce_sum(label * y_pred, {-1});
  return relu(reduce_max((1.0 - label) * y_pred, {-1}) - own + 1.0);
}

TUTTI_REGISTER(Loss, Hinge, "Hinge", "mean of max(1 - y_true y_pred, 0)").with(declare_reduction);
TUTTI_REGISTER(Loss, SquaredHinge, "SquaredHinge", "mean of max(1 - y_true y_pred, 0)^2")
    .with(declare_reduction);
TUTTI_REGISTER(Loss, Perceptron, "Perceptron", "mean of max(-y_true y_pred, 0)")
    .with(declare_reduction);
TUTTI_REGISTER(Loss, CategoricalHinge, "CategoricalHinge",
               "how far the class's prediction is from leading by 1")
    .with(declare_reduction);

}  // namespace tutti::losses
