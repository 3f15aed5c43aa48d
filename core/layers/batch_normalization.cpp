#include "core/layers/batch_normalization.h"

#include <functional>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/trace.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

// The mean over axes of values like x, of those that a mask of x's first axes lets count; Keras's
// epsilon is for a batch where none does.
std::function<Value(const Value&)> mean_over(const std::vector<int>& axes, Value mask,
                                             const Value& x) {
  if (!mask.defined()) return [=](const Value& value) { return reduce_mean(value, axes); };
  while (mask.shape().rank() < x.shape().rank()) mask = expand_dims(mask, -1);
  mask = broadcast_to(mask, x.shape());
  const Value count = reduce_sum(cast(mask, x.dtype()), axes) + 1e-7;
  return [=](const Value& value) { return reduce_sum(select(mask, value, 0.0), axes) / count; };
}

}  // namespace

BatchNormalizationLayer::BatchNormalizationLayer(Options options) : options_(std::move(options)) {
  if (!(options_.momentum >= 0 && options_.momentum <= 1))
    fail("BatchNormalization", "momentum is {}; use a number from 0 to 1", options_.momentum);
  if (!(options_.epsilon >= 0))
    fail("BatchNormalization", "epsilon is {}; use 0 or more", options_.epsilon);
}

bool BatchNormalizationLayer::fits(const Shape& built, const Shape& given) const {
  return built.rank() == given.rank() && built[options_.axis] == given[options_.axis];
}

void BatchNormalizationLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1) fail(where(), "takes one input, got {}; merge them", inputs.size());
  const auto& o = options_;
  const int axis = normalize_axis(o.axis, inputs[0].rank(), where().c_str());
  if (axis == 0)
    fail(where(), "axis 0 of {} is the rows; name the axis of the features", to_string(inputs[0]));
  const Shape features{inputs[0][axis]};
  if (o.scale)
    gamma_ =
        add_weight("gamma", features, o.gamma_initializer, o.gamma_regularizer, o.gamma_constraint);
  if (o.center)
    beta_ = add_weight("beta", features, o.beta_initializer, o.beta_regularizer, o.beta_constraint);
  moving_mean_ = add_weight("moving_mean", features, o.moving_mean_initializer, nullptr, false);
  moving_variance_ =
      add_weight("moving_variance", features, o.moving_variance_initializer, nullptr, false);
}

std::vector<Value> BatchNormalizationLayer::call(const std::vector<Value>& inputs) {
  const Value x = widened(only(inputs));
  const int feature = normalize_axis(options_.axis, x.shape().rank(), where().c_str());
  std::vector<int> others;
  std::vector<int64_t> broadcast;  // without the rows
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    if (axis != feature) others.push_back(axis);
    if (axis > 0) broadcast.push_back(axis == feature ? x.shape()[axis] : 1);
  }
  const auto wide = [&](const Value& value) { return reshape(value, Shape(broadcast)); };
  Value mean = moving_mean_->read(), variance = moving_variance_->read();
  if (trainable()) {
    const auto mean_of = mean_over(others, mask_of(inputs[0]), x);
    const Value batch_mean = mean_of(x);
    const Value batch_variance = mean_of(square(x - wide(batch_mean)));
    // Of the batch while training, the averages' newest version otherwise.
    const auto follow = [&](const VariablePtr& average, const Value& batch) {
      const Value kept = average->read();
      if (Trace::current())
        average->assign(in_training(kept + (batch - kept) * (1.0 - options_.momentum), kept));
      return in_training(batch, kept);
    };
    mean = follow(moving_mean_, batch_mean);
    variance = follow(moving_variance_, batch_variance);
  }
  Value factor = 1.0 / sqrt(variance + options_.epsilon);
  if (gamma_) factor = factor * gamma_->read();
  Value y = (x - wide(mean)) * wide(factor);
  if (beta_) y = y + wide(beta_->read());
  return {to_dtype(y)};
}

TUTTI_REGISTER(Layer, BatchNormalizationLayer, "BatchNormalization",
               "each feature with the mean and variance of the batch")
    .argument("axis", &BatchNormalizationOptions::axis, "of the features")
    .argument("momentum", &BatchNormalizationOptions::momentum, "of the moving averages")
    .argument("epsilon", &BatchNormalizationOptions::epsilon, "added to the variance")
    .argument("center", &BatchNormalizationOptions::center, "whether to add beta")
    .argument("scale", &BatchNormalizationOptions::scale, "whether to multiply by gamma")
    .argument("beta_initializer", &BatchNormalizationOptions::beta_initializer, "how beta begins")
    .argument("gamma_initializer", &BatchNormalizationOptions::gamma_initializer,
              "how gamma begins")
    .argument("moving_mean_initializer", &BatchNormalizationOptions::moving_mean_initializer,
              "how the moving mean begins")
    .argument("moving_variance_initializer",
              &BatchNormalizationOptions::moving_variance_initializer,
              "how the moving variance begins")
    .argument("beta_regularizer", &BatchNormalizationOptions::beta_regularizer, "penalty on beta")
    .argument("gamma_regularizer", &BatchNormalizationOptions::gamma_regularizer,
              "penalty on gamma")
    .argument("beta_constraint", &BatchNormalizationOptions::beta_constraint,
              "what beta keeps after each step")
    .argument("gamma_constraint", &BatchNormalizationOptions::gamma_constraint,
              "what gamma keeps after each step")
    .argument("synchronized", &BatchNormalizationOptions::synchronized,
              "as Keras has it; statistics are always those of all ranks")
    .fixed("renorm_momentum", Config());  // of renorm, which is not known

}  // namespace tutti
