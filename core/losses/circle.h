// Circle: embeddings of one label near each other, those of others apart, each pair weighted by how
// far it is from there. Sun et al., 2020.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

struct CircleOptions {
  double gamma = 80.0;
  double margin = 0.4;
  bool remove_diagonal = true;  // a row is no pair with itself
  std::string reduction = "sum_over_batch_size";
};

// y_true: class indices (rows,); y_pred: embeddings (rows, n) of norm 1. Each row is compared with
// all rows of the global batch; rows without a pair on either side do not count.
class Circle final : public LossWith<CircleOptions> {
 public:
  explicit Circle(Options options = {});  // throws for a gamma that is not positive
  Value call(const Value& y_true, const Value& y_pred) const override;
  Value mask(const Value& y_true, const Value& y_pred) const override;
  bool sparse_labels() const override { return true; }
};

}  // namespace tutti::losses
