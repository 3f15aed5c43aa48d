// Adafactor: the mean of squared gradients of a matrix kept as the means of its rows and columns.
// Shazeer and Stern, 2018.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct AdafactorOptions {
  LearningRate learning_rate = 0.001;
  double beta_2_decay = -0.8;
  double epsilon_1 = 1e-30;
  double epsilon_2 = 1e-3;
  double clip_threshold = 1.0;
  bool relative_step = true;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Adafactor final : public Optimizer {
 public:
  using Options = AdafactorOptions;
  explicit Adafactor(Options options = {});
  explicit Adafactor(LearningRate rate) : Adafactor(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;

 private:
  // The share of the squares that row and column means stand for; of vectors what `plain` holds.
  Value factored(const Update& u, const Value& squares, const Value& plain,
                 const Value& beta) const;

  Options options_;
};

}  // namespace tutti
