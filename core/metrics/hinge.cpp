#include "core/metrics/hinge.h"

#include "core/losses/hinge.h"

namespace tutti::metrics {

Value Hinge::values(const Value& y_true, const Value& y_pred) const {
  return losses::Hinge().call(y_true, y_pred);
}
Value SquaredHinge::values(const Value& y_true, const Value& y_pred) const {
  return losses::SquaredHinge().call(y_true, y_pred);
}
Value CategoricalHinge::values(const Value& y_true, const Value& y_pred) const {
  return losses::CategoricalHinge().call(y_true, y_pred);
}

TUTTI_REGISTER(Metric, Hinge, "Hinge", "mean of max(1 - y_true y_pred, 0)");
TUTTI_REGISTER(Metric, SquaredHinge, "SquaredHinge", "mean of max(1 - y_true y_pred, 0)^2");
TUTTI_REGISTER(Metric, CategoricalHinge, "CategoricalHinge",
               "how far the class's prediction is from leading by 1");

}  // namespace tutti::metrics
