#include "core/losses/overlap.h"

#include "core/losses/regression.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::losses {

Value Dice::call(const Value& y_true, const Value& y_pred) const {
  (void)difference(y_true, y_pred, "Dice");
  const auto axes = options_.axis.value_or(std::vector<int>{});
  const Value target = cast(y_true, y_pred.dtype());
  const Value both = reduce_sum(target * y_pred, axes), either = reduce_sum(target + y_pred, axes);
  return 1.0 - 2.0 * both / (either + kEpsilon);
}

Value Tversky::call(const Value& y_true, const Value& y_pred) const {
  (void)difference(y_true, y_pred, "Tversky");
  const auto axes = options_.axis.value_or(std::vector<int>{});
  const Value target = cast(y_true, y_pred.dtype());
  const Value both = reduce_sum(target * y_pred, axes);
  const Value missed = options_.alpha * (target * (1.0 - y_pred)),
              wrong = options_.beta * (y_pred * (1.0 - target));
  return 1.0 - both / (both + reduce_sum(missed + wrong, axes) + kEpsilon);
}

TUTTI_REGISTER(Loss, Dice, "Dice", "1 - twice the overlap of two masks over their sum")
    .with(declare_reduction)
    .argument("axis", &DiceOptions::axis, "axes of one mask; null: all, the rows among them");
TUTTI_REGISTER(Loss, Tversky, "Tversky", "1 - the overlap over overlap, missed and wrong elements")
    .argument("alpha", &TverskyOptions::alpha, "weight of missed elements")
    .argument("beta", &TverskyOptions::beta, "weight of wrong elements")
    .with(declare_reduction)
    .argument("axis", &TverskyOptions::axis, "axes of one mask; null: all, the rows among them");

}  // namespace tutti::losses
