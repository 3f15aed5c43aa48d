// Losses of a margin: Hinge, SquaredHinge, Perceptron for labels -1 and 1, CategoricalHinge for
// one-hot labels. Where every label of the global batch is 0 or 1, 0 stands for -1, as in Keras.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

// max(1 - y_true y_pred, 0)
class Hinge final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

class SquaredHinge final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// max(-y_true y_pred, 0): the perceptron's rule is its gradient. Rosenblatt, 1958.
class Perceptron final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// max(1 + the largest y_pred of another class - y_pred of the class, 0)
class CategoricalHinge final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

}  // namespace tutti::losses
