// Layers that put something else into images while training: of other images of the batch, or of
// nothing.
//
// MixUp          a mean with another image (Zhang et al., 2018)
// CutMix         a box of another image (Yun et al., 2019)
// RandomErasing  a box of noise or of a colour (Zhong et al., 2020)
//
// The other images are the global batch's in a random order, so that no world shows. Labels are not
// mixed.
#pragma once

#include "core/layers/image_augmentation.h"

namespace tutti {

struct MixUpOptions {
  double alpha = 0.2;  // of the beta distribution of weights
  std::optional<std::string> data_format = {};
  std::optional<int64_t> seed = {};
};
class MixUpLayer final : public ImageAugmentationOf<MixUpOptions> {
 public:
  explicit MixUpLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using MixUp = LayerOf<MixUpLayer>;

struct CutMixOptions {
  NumberArray factor = 1.0;  // alpha of the beta distribution of what is kept
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class CutMixLayer final : public ImageAugmentationOf<CutMixOptions> {
 public:
  explicit CutMixLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval factor_;
};
using CutMix = LayerOf<CutMixLayer>;

struct RandomErasingOptions {
  NumberArray factor = 1.0;                    // the probability of a change
  NumberArray scale = {0.02, 0.33};            // squares of the box's part of each extent
  std::optional<NumberArray> fill_value = {};  // a number or one per channel; none: noise
  std::vector<double> value_range = {0, 255};
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class RandomErasingLayer final : public ImageAugmentationOf<RandomErasingOptions> {
 public:
  explicit RandomErasingLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval factor_, scale_, range_;
};
using RandomErasing = LayerOf<RandomErasingLayer>;

}  // namespace tutti
