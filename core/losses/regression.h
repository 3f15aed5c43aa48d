// Losses of numbers: MeanSquaredError and MeanAbsoluteError, means over the last axis.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

class MeanSquaredError final : public Loss {
 public:
  using Options = ReductionOptions;
  explicit MeanSquaredError(Options options = {})
      : Loss(options.reduction), options_(std::move(options)) {}
  Value call(const Value& y_true, const Value& y_pred) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

class MeanAbsoluteError final : public Loss {
 public:
  using Options = ReductionOptions;
  explicit MeanAbsoluteError(Options options = {})
      : Loss(options.reduction), options_(std::move(options)) {}
  Value call(const Value& y_true, const Value& y_pred) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// y_true - y_pred in y_pred's dtype; throws naming both shapes if they do not broadcast.
Value difference(const Value& y_true, const Value& y_pred, const char* where);
// The mean over the last axis; a value of rows alone is kept as it is.
Value mean_over_last(const Value& value, int axis = -1);

}  // namespace tutti::losses
