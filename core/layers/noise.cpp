#include "core/layers/noise.h"

#include <cmath>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/layers/dropout.h"
#include "core/ops/dropout.h"
#include "core/ops/elementwise.h"
#include "core/ops/random_uniform.h"

namespace tutti {
namespace {

void check_rate(double rate, const char* name) {
  if (!(rate >= 0 && rate < 1)) fail(name, "rate is {}; use a number from 0 to below 1", rate);
}

}  // namespace

SpatialDropoutLayer::SpatialDropoutLayer(size_t axes, const char* name,
                                         const SpatialDropoutOptions& options)
    : axes_(axes), spatial_(options) {
  check_rate(options.rate, name);
  check_data_format(options.data_format, name);
}

std::vector<Value> SpatialDropoutLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  spatial_shape(x.shape(), spatial_.data_format, axes_, where());
  if (spatial_.rate == 0) return {x};
  std::vector<int64_t> mask(axes_ + 2, 1);
  mask[0] = x.shape()[0];
  const size_t channel = spatial_.data_format == "channels_first" ? 1 : axes_ + 1;
  mask[channel] = x.shape()[static_cast<int>(channel)];
  return {
      in_training(x * dropout_mask(x, Shape(std::move(mask)), spatial_.rate, spatial_.seed), x)};
}

GaussianNoiseLayer::GaussianNoiseLayer(Options options) : options_(options) {
  if (!(options_.stddev >= 0) || !std::isfinite(options_.stddev))
    fail("GaussianNoise", "stddev is {}; use 0 or more", options_.stddev);
}

std::vector<Value> GaussianNoiseLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  if (options_.stddev == 0) return {x};
  return {in_training(x + random_normal(x, 0, options_.stddev, seed_of(options_.seed)), x)};
}

GaussianDropoutLayer::GaussianDropoutLayer(Options options) : options_(options) {
  check_rate(options_.rate, "GaussianDropout");
}

std::vector<Value> GaussianDropoutLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  if (options_.rate == 0) return {x};
  const double stddev = std::sqrt(options_.rate / (1 - options_.rate));
  return {in_training(x * random_normal(x, 1, stddev, seed_of(options_.seed)), x)};
}

AlphaDropoutLayer::AlphaDropoutLayer(Options options) : options_(std::move(options)) {
  check_rate(options_.rate, "AlphaDropout");
}

std::vector<Value> AlphaDropoutLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  const double rate = options_.rate;
  if (rate == 0) return {x};
  constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;  // selu's
  const double low = -kAlpha * kScale;  // what a dropped element becomes: selu at minus infinity
  const double a = 1 / std::sqrt((1 - rate) * (1 + rate * low * low)), b = -a * low * rate;
  const Shape shape =
      options_.noise_shape ? noise_shape_for(x, *options_.noise_shape, where()) : x.shape();
  const Value kept = dropout_mask(x, shape, rate, options_.seed) * (1 - rate);
  return {in_training((x * kept + low * (1.0 - kept)) * a + b, x)};
}

inline constexpr auto declare_rate_and_seed = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.required("rate", &O::rate, "part of the channels or elements")
      .argument("seed", &O::seed, "of the draws; none: the job's");
};
inline constexpr auto declare_spatial_dropout = [](auto& builder) {
  builder.with(declare_rate_and_seed)
      .argument("data_format", &SpatialDropoutOptions::data_format,
                "channels_last or channels_first");
};
TUTTI_REGISTER(Layer, SpatialDropout1DLayer, "SpatialDropout1D", "whole channels 0 while training")
    .with(declare_rate_and_seed);
TUTTI_REGISTER(Layer, SpatialDropout2DLayer, "SpatialDropout2D", "whole channels 0 while training")
    .with(declare_spatial_dropout);
TUTTI_REGISTER(Layer, SpatialDropout3DLayer, "SpatialDropout3D", "whole channels 0 while training")
    .with(declare_spatial_dropout);
TUTTI_REGISTER(Layer, GaussianNoiseLayer, "GaussianNoise", "plus a normal draw while training")
    .required("stddev", &GaussianNoiseOptions::stddev, "of the draw")
    .argument("seed", &GaussianNoiseOptions::seed, "of the draws; none: the job's");
TUTTI_REGISTER(Layer, GaussianDropoutLayer, "GaussianDropout",
               "times a normal draw around 1 while training")
    .with(declare_rate_and_seed);
TUTTI_REGISTER(Layer, AlphaDropoutLayer, "AlphaDropout",
               "dropout that keeps mean and variance, behind selu")
    .with(declare_rate_and_seed)
    .argument("noise_shape", &AlphaDropoutOptions::noise_shape,
              "shape of the mask, null for the input's");

}  // namespace tutti
