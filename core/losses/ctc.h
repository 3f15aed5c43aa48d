// CTC: minus the log-probability of a sequence of labels under all its alignments with the outputs.
// Graves et al., 2006.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

// y_true (rows, labels): class indices from 1 on, zeros behind the last. y_pred (rows, steps,
// classes): logits, class 0 the blank. The graph holds one forward step for each step.
class CTC final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool sparse_labels() const override { return true; }
};

}  // namespace tutti::losses
