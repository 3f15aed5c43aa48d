// Layers that consist of other augmentations.
//
// RandAugment  some of eleven, one after another (Cubuk et al., 2020)
// AugMix       a weighted mean of chains of them (Hendrycks et al., 2020)
// Pipeline     layers one after another
//
// Each row chooses for itself; Keras chooses for the batch, and AugMix once for good where a step
// is compiled. All candidates are computed and one is kept.
#pragma once

#include "core/layers/image_augmentation.h"

namespace tutti {

// Augmentations with the names that Keras gives them inside these two.
using NamedAugmentations =
    std::vector<std::pair<std::string, std::shared_ptr<ImageAugmentationLayer>>>;

struct RandAugmentOptions {
  std::vector<double> value_range = {0, 255};
  int64_t num_ops = 2;
  NumberArray factor = 0.5;  // of each augmentation
  std::string interpolation = "bilinear";
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class RandAugmentLayer final : public ImageAugmentationOf<RandAugmentOptions> {
 public:
  explicit RandAugmentLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  NamedAugmentations layers_;
};
using RandAugment = LayerOf<RandAugmentLayer>;

struct AugMixOptions {
  std::vector<double> value_range = {0, 255};
  int64_t num_chains = 3;
  int64_t chain_depth = 3;
  NumberArray factor = 0.3;  // of each augmentation
  double alpha = 1;          // of the beta and Dirichlet distributions of weights
  bool all_ops = true;       // those too that change brightness, colour, contrast and sharpness
  std::string interpolation = "bilinear";
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class AugMixLayer final : public ImageAugmentationOf<AugMixOptions> {
 public:
  explicit AugMixLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval range_;
  NamedAugmentations layers_;
};
using AugMix = LayerOf<AugMixLayer>;

struct PipelineOptions {
  std::vector<Ref<Layer>> layers = {};
};
// It gives its layers its dtype.
class PipelineLayer final : public Layer {
 public:
  using Options = PipelineOptions;
  explicit PipelineLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override;
  bool supports_masking() const override { return true; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool names_sublayers() const override { return true; }
  bool fits(const Shape&, const Shape&) const override { return true; }  // they look for themselves

 private:
  Options options_;
};
using Pipeline = LayerOf<PipelineLayer>;

}  // namespace tutti
