// Dropout: while training, sets elements to 0 with probability `rate` and scales the others by
// 1 / (1 - rate). Srivastava et al., 2014.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct DropoutOptions {
  double rate = 0.5;
  // The shape of the mask, null for the input's extent: [null, 1, null] drops whole columns.
  std::optional<Shape> noise_shape = {};
  // Masks follow from it, the step and the row; without one from the job's seed.
  std::optional<int64_t> seed = {};
};

class DropoutLayer final : public Layer {
 public:
  using Options = DropoutOptions;
  explicit DropoutLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Dropout = LayerOf<DropoutLayer>;

// What the layers that draw masks share. `noise_shape` with null for x's extents, as a shape that
// broadcasts to x; throws "[where] ..." if it does not fit.
Shape noise_shape_for(const Value& x, const Shape& noise_shape, const std::string& where);
// A seed as ops that draw take it.
inline std::optional<uint64_t> seed_of(const std::optional<int64_t>& seed) {
  return seed ? std::optional(static_cast<uint64_t>(*seed)) : std::nullopt;
}
// 0 with probability `rate`, else 1 / (1 - rate), in x's dtype. rate below 1.
Value dropout_mask(const Value& x, const Shape& shape, double rate,
                   const std::optional<int64_t>& seed);

}  // namespace tutti
