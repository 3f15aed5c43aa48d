// Losses of distances between embeddings: Contrastive (Hadsell, Chopra and LeCun, 2006) of given
// distances, Triplet (Balntas et al., 2016) of three embeddings a row.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

struct MarginOptions {
  double margin = 1.0;
  std::string reduction = "sum_over_batch_size";
};

// y_pred holds distances of pairs, y_true is 1 where a pair belongs together, 0 elsewhere:
// y_true d^2 + (1 - y_true) max(margin - d, 0)^2, the mean over the last axis.
class Contrastive final : public LossWith<MarginOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// y_pred (..., 3, n) holds an anchor, one that belongs to it and one that does not:
// max(d(anchor, positive) - d(anchor, negative) + margin, 0). y_true is not looked at.
class Triplet final : public LossWith<MarginOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

}  // namespace tutti::losses
