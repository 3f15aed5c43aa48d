#include "core/layers/spectral_normalization.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/trace.h"
#include "core/initializers/random.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

// Over its length, as keras.utils.normalize does it.
Value normalized(const Value& vector) {
  return vector * minimum(rsqrt(reduce_sum(square(vector))), 1e7);
}

}  // namespace

SpectralNormalizationLayer::SpectralNormalizationLayer(Options options)
    : options_(std::move(options)) {
  if (!options_.layer)
    fail("SpectralNormalization", "got no layer; give it one, as Dense with its units");
  if (options_.power_iterations < 1)
    fail("SpectralNormalization", "power_iterations is {}; use 1 or more",
         options_.power_iterations);
}

void SpectralNormalizationLayer::build(const std::vector<Shape>& inputs) {
  Layer& layer = *options_.layer;
  layer.set_dtype(dtype());
  layer.build_for(inputs);
  for (const auto& weight : layer.weights())
    if (!kernel_ &&
        (weight->name().ends_with("/kernel") || weight->name().ends_with("/embeddings")))
      kernel_ = weight;
  if (!kernel_)
    fail(where(), "{} has neither a kernel nor embeddings; use a layer that has", layer.name());
  vector_u_ = add_weight("vector_u", {1, kernel_->shape()[-1]}, TruncatedNormal({.stddev = 0.02}),
                         nullptr, false);
}

std::vector<Layer::Weight> SpectralNormalizationLayer::tracked_weights() const {
  auto weights = Layer::tracked_weights();
  if (kernel_) weights.insert(weights.begin(), {"kernel", kernel_, nullptr, true});
  return weights;
}

std::vector<Value> SpectralNormalizationLayer::call(const std::vector<Value>& inputs) {
  if (Trace::current()) {
    const Value kernel = kernel_->read(), before = vector_u_->read();
    const int64_t columns = kernel_->shape()[-1];
    const Value matrix = reshape(kernel, {kernel_->shape().elements() / columns, columns});
    Value u = before, v;
    for (int64_t i = 0; i < options_.power_iterations; ++i) {
      v = normalized(matmul(u, matrix, false, true));
      u = normalized(matmul(v, matrix));
    }
    const Value largest = matmul(matmul(v, matrix), u, false, true);
    // A kernel of zeros has no direction: it stays.
    const Value empty = equal(reduce_max(abs(kernel)), 0.0);
    vector_u_->assign(in_training(select(empty, before, u), before));
    kernel_->assign(in_training(select(empty, kernel, kernel / reshape(largest, Shape())), kernel));
  }
  return apply_sublayer(*options_.layer, inputs);
}

TUTTI_REGISTER(Layer, SpectralNormalizationLayer, "SpectralNormalization",
               "a layer whose kernel stretches nothing")
    .required("layer", &SpectralNormalizationOptions::layer, "with a kernel or embeddings")
    .argument("power_iterations", &SpectralNormalizationOptions::power_iterations,
              "of each training step");

}  // namespace tutti
