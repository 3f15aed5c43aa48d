#include "core/losses/distances.h"

#include "core/base/error.h"
#include "core/losses/regression.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti::losses {

Value Contrastive::call(const Value& y_true, const Value& y_pred) const {
  (void)difference(y_true, y_pred, "Contrastive");
  const Value together = cast(y_true, y_pred.dtype());
  return mean_over_last(together * square(y_pred) +
                        (1.0 - together) * square(relu(options_.margin - y_pred)));
}

Value Triplet::call(const Value&, const Value& y_pred) const {
  const Shape& shape = y_pred.shape();
  if (shape.rank() < 3 || shape[-2] != 3)
    fail("Triplet", "y_pred has shape {}; give (rows, 3, n): anchor, positive, negative",
         to_string(shape));
  const auto each = split(y_pred, 3, -2);
  // PyTorch's, whose 1e-6 gives equal embeddings a gradient.
  const auto distance = [&](const Value& other) {
    return squeeze(sqrt(reduce_sum(square(each[0] - other + 1e-6), {-1})), -1);
  };
  return relu(distance(each[1]) - distance(each[2]) + options_.margin);
}

inline constexpr auto declare_margin = []<typename Builder>(Builder& builder) {
  builder.argument("margin", &MarginOptions::margin, "distance beyond which nothing is lost")
      .with(declare_reduction);
};
TUTTI_REGISTER(Loss, Contrastive, "Contrastive", "of distances: small for pairs, large for others")
    .with(declare_margin);
TUTTI_REGISTER(Loss, Triplet, "Triplet", "of anchor, positive and negative embeddings in a row")
    .with(declare_margin);

}  // namespace tutti::losses
