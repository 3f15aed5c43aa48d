// Initializers that draw each element alike: RandomNormal, RandomUniform, TruncatedNormal.
#pragma once

#include "core/initializers/initializer.h"

namespace tutti {

struct RandomNormalOptions {
  double mean = 0.0, stddev = 0.05;
  std::optional<int64_t> seed = {};
};

class RandomNormal final : public Initializer {
 public:
  using Options = RandomNormalOptions;
  explicit RandomNormal(Options options = {});
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// A normal drawn again while beyond two standard deviations.
class TruncatedNormal final : public Initializer {
 public:
  using Options = RandomNormalOptions;
  explicit TruncatedNormal(Options options = {});
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct RandomUniformOptions {
  double minval = -0.05, maxval = 0.05;
  std::optional<int64_t> seed = {};
};

class RandomUniform final : public Initializer {
 public:
  using Options = RandomUniformOptions;
  explicit RandomUniform(Options options = {});
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
