// sparsemax: x above a threshold that the largest elements along an axis set, 0 elsewhere. Martins
// and Astudillo, 2016. The numbers are Keras's, so that models keep theirs: its threshold adds the
// cumulative sums of the elements that stay, where the paper adds the elements, and what it gives
// adds to 1 only where one of them stays.
#pragma once

#include "core/activations/softmax.h"

namespace tutti {

class SparsemaxActivation final : public ActivationFunction {
 public:
  using Options = SoftmaxOptions;
  explicit SparsemaxActivation(Options options = {}) : options_(options) {}
  // Compares all pairs along the axis: n^2 numbers for n elements.
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
