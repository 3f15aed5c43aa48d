#include "core/losses/generalized_crossentropy.h"

#include "core/base/error.h"
#include "core/losses/crossentropy.h"
#include "core/ops/elementwise.h"
#include "core/ops/take_along.h"

namespace tutti::losses {

CategoricalGeneralizedCrossEntropy::CategoricalGeneralizedCrossEntropy(Options options)
    : LossWith(std::move(options)) {
  if (!(options_.q > 0 && options_.q < 1))
    fail("CategoricalGeneralizedCrossEntropy", "q is {}; use a number between 0 and 1", options_.q);
}

Value CategoricalGeneralizedCrossEntropy::call(const Value& y_true, const Value& y_pred) const {
  const Value p = take_along(
      y_pred, sparse_labels_of(y_true, y_pred, -1, "CategoricalGeneralizedCrossEntropy"));
  return (1.0 - pow(p, options_.q)) / options_.q;
}

TUTTI_REGISTER(Loss, CategoricalGeneralizedCrossEntropy, "CategoricalGeneralizedCrossEntropy",
               "of class indices, some of them wrong: (1 - p^q) / q")
    .argument("q", &GeneralizedCrossEntropyOptions::q, "how little wrong labels count, 0 to 1")
    .with(declare_reduction);

}  // namespace tutti::losses
