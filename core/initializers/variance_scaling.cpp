#include "core/initializers/variance_scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {
namespace {

struct Fans {
  double in = 1, out = 1;
};

// Kernels of convolutions are (..., inputs, outputs): each input counts once per place of the
// window.
Fans fans_of(const Shape& shape) {
  if (shape.rank() == 0) return {};
  if (shape.rank() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double window = 1;
  for (int axis = 0; axis < shape.rank() - 2; ++axis) window *= static_cast<double>(shape[axis]);
  return {window * static_cast<double>(shape[-2]), window * static_cast<double>(shape[-1])};
}

double product_of(const Shape& shape, const std::vector<int>& axes) {
  double product = 1;
  for (const int axis : axes) product *= static_cast<double>(shape[axis]);
  return product;
}

const std::vector<std::string> kFanModes = {"fan_in", "fan_out", "fan_avg"};
const std::vector<std::string> kScaledDistributions = {"truncated_normal", "untruncated_normal",
                                                       "uniform"};

void check_word(const char* name, const std::string& word, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), word) == words.end())
    fail("VarianceScaling", "{} '{}' is unknown{}; use {}", name, word, did_you_mean(word, words),
         fmt::join(words, ", "));
}

}  // namespace

VarianceScaling::VarianceScaling(Options options) : options_(std::move(options)) {
  if (!(options_.scale > 0))
    fail("VarianceScaling", "scale is {}; use a positive number", options_.scale);
  check_word("mode", options_.mode, kFanModes);
  check_word("distribution", options_.distribution, kScaledDistributions);
}

Tensor VarianceScaling::operator()(const Shape& shape, DType dtype) const {
  const bool named = options_.input_axes && options_.output_axes;
  const Fans fans = named ? Fans{product_of(shape, *options_.input_axes),
                                 product_of(shape, *options_.output_axes)}
                          : fans_of(shape);
  const double fan = options_.mode == "fan_in"    ? fans.in
                     : options_.mode == "fan_out" ? fans.out
                                                  : (fans.in + fans.out) / 2;
  const double variance = options_.scale / std::max(1.0, fan);
  InitializerStream stream(options_.seed);
  if (options_.distribution == "uniform") {
    const double limit = std::sqrt(3.0 * variance);
    return fill_from(shape, dtype, [&] { return limit * (2.0 * stream.uniform() - 1.0); });
  }
  if (options_.distribution == "untruncated_normal")
    return fill_from(shape, dtype, [&] { return std::sqrt(variance) * stream.normal(); });
  // The standard deviation of a normal cut at two of its own.
  const double stddev = std::sqrt(variance) / 0.87962566103423978;
  return fill_from(shape, dtype, [&] { return stddev * stream.truncated_normal(); });
}

inline constexpr auto declare_seed_and_axes = []<typename Builder>(Builder& builder) {
  using Options = typename Builder::Options;
  builder.argument("seed", &Options::seed, "own seed: the same numbers at each use")
      .argument("input_axes", &Options::input_axes, "whose extents multiply to the inputs")
      .argument("output_axes", &Options::output_axes, "whose extents multiply to the outputs");
};
TUTTI_REGISTER(Initializer, VarianceScaling, "VarianceScaling", "variance scale / fan")
    .argument("scale", &VarianceScalingOptions::scale, "factor of the variance")
    .choice("mode", &VarianceScalingOptions::mode, kFanModes, "which fan divides")
    .choice("distribution", &VarianceScalingOptions::distribution, kScaledDistributions,
            "what is drawn")
    .with(declare_seed_and_axes);

TUTTI_REGISTER(Initializer, GlorotUniform, "GlorotUniform", "uniform, variance 2 / (in + out)")
    .with(declare_seed_and_axes);
TUTTI_REGISTER(Initializer, GlorotNormal, "GlorotNormal", "normal, variance 2 / (in + out)")
    .with(declare_seed_and_axes);
TUTTI_REGISTER(Initializer, HeUniform, "HeUniform", "uniform, variance 2 / in")
    .with(declare_seed_and_axes);
TUTTI_REGISTER(Initializer, HeNormal, "HeNormal", "normal, variance 2 / in")
    .with(declare_seed_and_axes);
TUTTI_REGISTER(Initializer, LecunUniform, "LecunUniform", "uniform, variance 1 / in")
    .with(declare_seed_and_axes);
TUTTI_REGISTER(Initializer, LecunNormal, "LecunNormal", "normal, variance 1 / in")
    .with(declare_seed_and_axes);

}  // namespace tutti
