// SpectralNormalization: a layer whose kernel is divided by its largest singular value before each
// training step. Miyato et al., 2018.
//
// The value comes by power iteration from a vector that is kept between steps. As in Keras the
// divided kernel takes the place of the kernel, and gradients are those of the divided one.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct SpectralNormalizationOptions {
  Ref<Layer> layer = {};  // with a kernel or embeddings
  int64_t power_iterations = 1;
};

class SpectralNormalizationLayer final : public Layer {
 public:
  using Options = SpectralNormalizationOptions;
  explicit SpectralNormalizationLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override { return {{"layer", options_.layer.pointer()}}; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool names_sublayers() const override { return true; }
  std::vector<Weight> tracked_weights() const override;  // the kernel too, which Keras keeps twice
  bool fits(const Shape&, const Shape&) const override { return true; }  // the layer looks itself

 private:
  Options options_;
  VariablePtr kernel_, vector_u_;
};
using SpectralNormalization = LayerOf<SpectralNormalizationLayer>;

}  // namespace tutti
