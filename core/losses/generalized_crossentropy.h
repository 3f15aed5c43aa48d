// (1 - p^q) / q of the probability p given to the label: the cross-entropy for q towards 0, the
// mean absolute error, which wrong labels disturb less, for q = 1. Zhang and Sabuncu, 2018.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

struct GeneralizedCrossEntropyOptions {
  double q = 0.5;
  std::string reduction = "sum_over_batch_size";
};

// Labels as class indices, y_pred's shape without the class axis.
class CategoricalGeneralizedCrossEntropy final : public LossWith<GeneralizedCrossEntropyOptions> {
 public:
  explicit CategoricalGeneralizedCrossEntropy(Options options = {});  // throws unless 0 < q < 1
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool of_classes() const override { return true; }
  bool sparse_labels() const override { return true; }
  std::optional<int64_t> label_classes(const Shape& y_pred) const override { return y_pred[-1]; }
};

}  // namespace tutti::losses
