#include "core/activations/relu.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

void check_relu(const ReluOptions& options, const char* where) {
  const auto check = [&](const char* name, double value) {
    if (!(value >= 0)) fail(where, "{} is {}; use 0 or more", name, value);
  };
  check("negative_slope", options.negative_slope);
  check("threshold", options.threshold);
  if (options.max_value) check("max_value", *options.max_value);
}

Value relu(const Value& x, const ReluOptions& options) {
  const bool shifted = options.threshold != 0.0;
  Value y = shifted ? select(greater(x, options.threshold), x, 0.0) : relu(x);
  if (options.max_value) y = minimum(y, *options.max_value);
  if (options.negative_slope == 0.0) return y;
  // Keras's definition: the part below the threshold, scaled, is taken off.
  const Value below = shifted ? relu(options.threshold - x) : relu(-x);
  return y - options.negative_slope * below;
}

ReluActivation::ReluActivation(Options options) : options_(std::move(options)) {
  check_relu(options_, "relu");
}

TUTTI_REGISTER(ActivationFunction, ReluActivation, "relu",
               "max(x, 0), with a slope, a cut and a threshold")
    .argument("negative_slope", &ReluOptions::negative_slope, "slope below the threshold")
    .argument("max_value", &ReluOptions::max_value, "largest value, none by default")
    .argument("threshold", &ReluOptions::threshold, "values up to it count as negative");

}  // namespace tutti
