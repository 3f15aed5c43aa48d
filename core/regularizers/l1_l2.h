// Penalties on the sum of magnitudes (L1), of squares (L2), or of both.
#pragma once

#include "core/regularizers/regularizer.h"

namespace tutti {

struct L1Options {
  double l1 = 0.01;
};
struct L2Options {
  double l2 = 0.01;
};
struct L1L2Options {
  double l1 = 0.0, l2 = 0.0;
};

class L1 final : public Regularizer {
 public:
  using Options = L1Options;
  explicit L1(Options options = {});
  explicit L1(double l1) : L1(Options{l1}) {}
  Value operator()(const Value& weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

class L2 final : public Regularizer {
 public:
  using Options = L2Options;
  explicit L2(Options options = {});
  explicit L2(double l2) : L2(Options{l2}) {}
  Value operator()(const Value& weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

class L1L2 final : public Regularizer {
 public:
  using Options = L1L2Options;
  explicit L1L2(Options options = {});
  Value operator()(const Value& weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
