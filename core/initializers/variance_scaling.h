// Initializers whose variance is scale / fan: VarianceScaling and its six named cases.
//   Glorot (fan_avg, scale 1; Glorot and Bengio 2010), He (fan_in, scale 2; He et al. 2015),
//   Lecun (fan_in, scale 1; LeCun et al. 1998), each uniform or (truncated) normal.
#pragma once

#include <string>
#include <vector>

#include "core/initializers/initializer.h"

namespace tutti {

struct VarianceScalingOptions {
  double scale = 1.0;
  std::string mode = "fan_in";
  std::string distribution = "truncated_normal";
  std::optional<int64_t> seed = {};
  // Where both are given, the fans are the products of these extents.
  std::optional<std::vector<int>> input_axes = {}, output_axes = {};
};

class VarianceScaling final : public Initializer {
 public:
  using Options = VarianceScalingOptions;
  explicit VarianceScaling(Options options = {});
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct SeedOptions {
  std::optional<int64_t> seed = {};
  std::optional<std::vector<int>> input_axes = {}, output_axes = {};
};

// A named case: `Case` tells its scale, mode and distribution.
template <typename Case>
class ScaledInitializer : public Initializer {
 public:
  using Options = SeedOptions;
  explicit ScaledInitializer(Options options = {}) : options_(std::move(options)) {}
  Tensor operator()(const Shape& shape, DType dtype) const override {
    return VarianceScaling({Case::scale, Case::mode, Case::distribution, options_.seed,
                            options_.input_axes, options_.output_axes})(shape, dtype);
  }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

#define TUTTI_SCALED_INITIALIZER(Name, scale_, mode_, distribution_) \
  struct Name##Case {                                                \
    static constexpr double scale = scale_;                          \
    static constexpr const char* mode = mode_;                       \
    static constexpr const char* distribution = distribution_;       \
  };                                                                 \
  class Name final : public ScaledInitializer<Name##Case> {          \
   public:                                                           \
    using ScaledInitializer::ScaledInitializer;                      \
  }

TUTTI_SCALED_INITIALIZER(GlorotUniform, 1.0, "fan_avg", "uniform");
TUTTI_SCALED_INITIALIZER(GlorotNormal, 1.0, "fan_avg", "truncated_normal");
TUTTI_SCALED_INITIALIZER(HeUniform, 2.0, "fan_in", "uniform");
TUTTI_SCALED_INITIALIZER(HeNormal, 2.0, "fan_in", "truncated_normal");
TUTTI_SCALED_INITIALIZER(LecunUniform, 1.0, "fan_in", "uniform");
TUTTI_SCALED_INITIALIZER(LecunNormal, 1.0, "fan_in", "truncated_normal");

#undef TUTTI_SCALED_INITIALIZER

}  // namespace tutti
