// Layers that move pixels at random while training.
//
// RandomFlip              one draw for both directions: with "horizontal_and_vertical" an image is
//                         turned by 180 degrees or left, as Keras does
// RandomRotation .. RandomShear, RandomPerspective   a warp (core/ops/warp.h) of a matrix per row
// RandomElasticTransform  a warp by smoothed noise (Simard et al., 2003)
// RandomCrop              a window; Keras's inference leaves images as they are, of another shape
//                         than it says: here they are cropped to proportions and resized, as its
//                         documentation has it
#pragma once

#include "core/layers/image_augmentation.h"
#include "core/ops/warp.h"

namespace tutti {

struct RandomFlipOptions {
  std::string mode = "horizontal_and_vertical";  // or horizontal, vertical
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class RandomFlipLayer final : public ImageAugmentationOf<RandomFlipOptions> {
 public:
  explicit RandomFlipLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomFlip = LayerOf<RandomFlipLayer>;

struct RandomRotationOptions {
  NumberArray factor = 0.0;  // of a full turn
  std::string fill_mode = "reflect";
  std::string interpolation = "bilinear";
  std::optional<int64_t> seed = {};
  double fill_value = 0;
  std::optional<std::string> data_format = {};
};
class RandomRotationLayer final : public ImageAugmentationOf<RandomRotationOptions> {
 public:
  explicit RandomRotationLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval factor_;
};
using RandomRotation = LayerOf<RandomRotationLayer>;

struct RandomZoomOptions {
  NumberArray height_factor = 0.0;               // above 0: smaller things
  std::optional<NumberArray> width_factor = {};  // none: proportions are kept
  std::string fill_mode = "reflect";
  std::string interpolation = "bilinear";
  std::optional<int64_t> seed = {};
  double fill_value = 0;
  std::optional<std::string> data_format = {};
};
class RandomZoomLayer final : public ImageAugmentationOf<RandomZoomOptions> {
 public:
  explicit RandomZoomLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval height_;
  std::optional<Interval> width_;
};
using RandomZoom = LayerOf<RandomZoomLayer>;

struct RandomTranslationOptions {
  NumberArray height_factor = 0.0, width_factor = 0.0;  // of the image's extents
  std::string fill_mode = "reflect";
  std::string interpolation = "bilinear";
  std::optional<int64_t> seed = {};
  double fill_value = 0;
  std::optional<std::string> data_format = {};
};
class RandomTranslationLayer final : public ImageAugmentationOf<RandomTranslationOptions> {
 public:
  explicit RandomTranslationLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval height_, width_;
};
using RandomTranslation = LayerOf<RandomTranslationLayer>;

struct RandomShearOptions {
  NumberArray x_factor = 0.0, y_factor = 0.0;
  std::string interpolation = "bilinear";
  std::string fill_mode = "reflect";
  double fill_value = 0;
  std::optional<std::string> data_format = {};
  std::optional<int64_t> seed = {};
};
class RandomShearLayer final : public ImageAugmentationOf<RandomShearOptions> {
 public:
  explicit RandomShearLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval x_, y_;
};
using RandomShear = LayerOf<RandomShearLayer>;

struct RandomPerspectiveOptions {
  NumberArray factor = 1.0;  // the probability of a change
  double scale = 1;          // how far corners move
  std::string interpolation = "bilinear";
  double fill_value = 0;
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class RandomPerspectiveLayer final : public ImageAugmentationOf<RandomPerspectiveOptions> {
 public:
  explicit RandomPerspectiveLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval factor_;
};
using RandomPerspective = LayerOf<RandomPerspectiveLayer>;

struct RandomElasticTransformOptions {
  NumberArray factor = 1.0;  // the probability of a change
  NumberArray scale = 1.0;
  std::string interpolation = "bilinear";
  std::string fill_mode = "reflect";  // or mirror, ...
  double fill_value = 0;
  std::vector<double> value_range = {0, 255};
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class RandomElasticTransformLayer final
    : public ImageAugmentationOf<RandomElasticTransformOptions> {
 public:
  explicit RandomElasticTransformLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval factor_, scale_, range_;
};
using RandomElasticTransform = LayerOf<RandomElasticTransformLayer>;

struct RandomCropOptions {
  int64_t height = 0, width = 0;
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class RandomCropLayer final : public ImageAugmentationOf<RandomCropOptions> {
 public:
  explicit RandomCropLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
  Value transform_in_inference(const Value& images) const override;

 private:
  bool smaller_than(const Value& images) const;  // than the images: there is a choice of windows
};
using RandomCrop = LayerOf<RandomCropLayer>;

}  // namespace tutti
