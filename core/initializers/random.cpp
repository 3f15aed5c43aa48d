#include "core/initializers/random.h"

#include "core/base/error.h"

namespace tutti {
namespace {

void check_stddev(const char* where, double stddev) {
  if (!(stddev >= 0)) fail(where, "stddev is {}; use 0 or more", stddev);
}

}  // namespace

RandomNormal::RandomNormal(Options options) : options_(options) {
  check_stddev("RandomNormal", options_.stddev);
}
TruncatedNormal::TruncatedNormal(Options options) : options_(options) {
  check_stddev("TruncatedNormal", options_.stddev);
}
RandomUniform::RandomUniform(Options options) : options_(options) {
  if (!(options_.minval <= options_.maxval))
    fail("RandomUniform", "minval {} is above maxval {}; exchange them", options_.minval,
         options_.maxval);
}

Tensor RandomNormal::operator()(const Shape& shape, DType dtype) const {
  InitializerStream stream(options_.seed);
  return fill_from(shape, dtype, [&] { return options_.mean + options_.stddev * stream.normal(); });
}

Tensor TruncatedNormal::operator()(const Shape& shape, DType dtype) const {
  InitializerStream stream(options_.seed);
  return fill_from(shape, dtype,
                   [&] { return options_.mean + options_.stddev * stream.truncated_normal(); });
}

Tensor RandomUniform::operator()(const Shape& shape, DType dtype) const {
  InitializerStream stream(options_.seed);
  const double width = options_.maxval - options_.minval;
  return fill_from(shape, dtype, [&] { return options_.minval + width * stream.uniform(); });
}

TUTTI_REGISTER(Initializer, RandomNormal, "RandomNormal", "normal numbers")
    .argument("mean", &RandomNormalOptions::mean, "of the distribution")
    .argument("stddev", &RandomNormalOptions::stddev, "standard deviation")
    .argument("seed", &RandomNormalOptions::seed, "own seed: the same numbers at each use")
    .alias("normal");
TUTTI_REGISTER(Initializer, TruncatedNormal, "TruncatedNormal",
               "normal numbers within two standard deviations")
    .argument("mean", &RandomNormalOptions::mean, "of the distribution")
    .argument("stddev", &RandomNormalOptions::stddev, "standard deviation before the cut")
    .argument("seed", &RandomNormalOptions::seed, "own seed: the same numbers at each use");
TUTTI_REGISTER(Initializer, RandomUniform, "RandomUniform", "numbers between two bounds")
    .argument("minval", &RandomUniformOptions::minval, "lower bound")
    .argument("maxval", &RandomUniformOptions::maxval, "upper bound")
    .argument("seed", &RandomUniformOptions::seed, "own seed: the same numbers at each use")
    .alias("uniform");

}  // namespace tutti
