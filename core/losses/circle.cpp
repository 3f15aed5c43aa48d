#include "core/losses/circle.h"

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/circle.h"
#include "core/ops/elementwise.h"
#include "core/ops/gather_rows.h"
#include "core/ops/reshape.h"

namespace tutti::losses {

Circle::Circle(Options options) : LossWith(std::move(options)) {
  if (!(options_.gamma > 0)) fail("Circle", "gamma is {}; use a positive number", options_.gamma);
}

Value Circle::call(const Value& y_true, const Value& y_pred) const {
  const bool column = y_true.shape().rank() == 2 && y_true.shape()[1] == 1;
  if (y_pred.shape().rank() != 2 || (y_true.shape().rank() != 1 && !column))
    fail("Circle", "y_true has shape {}, y_pred {}; give a class index and an embedding a row",
         to_string(y_true.shape()), to_string(y_pred.shape()));
  const Value labels = cast(column ? squeeze(y_true, 1) : y_true, DType::i64);
  return own_rows(circle(gather_rows(y_pred), gather_rows(labels),
                         {options_.gamma, options_.margin, options_.remove_diagonal}));
}

Value Circle::mask(const Value& y_true, const Value& y_pred) const {
  return cast(greater(call(y_true, y_pred), 0.0), y_pred.dtype());
}

TUTTI_REGISTER(Loss, Circle, "Circle", "of embeddings: one label near, others apart")
    .argument("gamma", &CircleOptions::gamma, "how sharply pairs are told apart")
    .argument("margin", &CircleOptions::margin, "how far pairs may be from their place")
    .argument("remove_diagonal", &CircleOptions::remove_diagonal,
              "whether a row is no pair with itself")
    .with(declare_reduction);

}  // namespace tutti::losses
