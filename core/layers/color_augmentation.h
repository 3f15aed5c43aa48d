// Layers that change colours at random while training, and Solarization .. RandomGaussianBlur,
// which are about values or a pixel's neighbours.
//
// As Keras has them, what may surprise: RandomContrast's factor f draws from 1 to 1 + f, a pair
// (a, b) from 1 - a to 1 + b. RandomSaturation does not scale to 0 .. 1 first and clips saturation
// to the value range. Solarization scales the upper end of its factors by 255, not the lower.
// RandomPosterization's upper number of bits is not drawn.
#pragma once

#include "core/layers/image_augmentation.h"

namespace tutti {

// The options of those with one factor and a range of values.
struct ColorOptions {
  NumberArray factor = 0.0;
  std::vector<double> value_range = {0, 255};
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
// Its factor from `bounds`, as Keras reads it.
class ColorAugmentationLayer : public ImageAugmentationOf<ColorOptions> {
 protected:
  ColorAugmentationLayer(Options options, Interval bounds, const char* name)
      : ImageAugmentationOf(std::move(options), name),
        factor_(factor_within(options_.factor, bounds, name)),
        range_(value_interval(options_.value_range, name)) {}

  Interval factor_, range_;
};

class RandomContrastLayer final : public ColorAugmentationLayer {
 public:
  explicit RandomContrastLayer(Options options)
      : ColorAugmentationLayer(std::move(options), {0, 1}, "RandomContrast") {}
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomContrast = LayerOf<RandomContrastLayer>;

class RandomBrightnessLayer final : public ColorAugmentationLayer {
 public:
  explicit RandomBrightnessLayer(Options options)
      : ColorAugmentationLayer(std::move(options), {-1, 1}, "RandomBrightness") {}
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomBrightness = LayerOf<RandomBrightnessLayer>;

class RandomSaturationLayer final : public ColorAugmentationLayer {
 public:
  explicit RandomSaturationLayer(Options options)
      : ColorAugmentationLayer(std::move(options), {-1, 1}, "RandomSaturation") {}
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomSaturation = LayerOf<RandomSaturationLayer>;

class RandomHueLayer final : public ColorAugmentationLayer {
 public:
  explicit RandomHueLayer(Options options)
      : ColorAugmentationLayer(std::move(options), {0, 1}, "RandomHue") {}
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomHue = LayerOf<RandomHueLayer>;

class RandomColorDegenerationLayer final : public ColorAugmentationLayer {
 public:
  explicit RandomColorDegenerationLayer(Options options)
      : ColorAugmentationLayer(std::move(options), {-1, 1}, "RandomColorDegeneration") {}
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomColorDegeneration = LayerOf<RandomColorDegenerationLayer>;

// The factor: how many bits are kept.
class RandomPosterizationLayer final : public ColorAugmentationLayer {
 public:
  explicit RandomPosterizationLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomPosterization = LayerOf<RandomPosterizationLayer>;

class RandomSharpnessLayer final : public ColorAugmentationLayer {
 public:
  explicit RandomSharpnessLayer(Options options)
      : ColorAugmentationLayer(std::move(options), {0, 1}, "RandomSharpness") {}
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomSharpness = LayerOf<RandomSharpnessLayer>;

struct RandomInvertOptions {
  NumberArray factor = 1.0;  // the probability of a change
  std::vector<double> value_range = {0, 255};
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class RandomInvertLayer final : public ImageAugmentationOf<RandomInvertOptions> {
 public:
  explicit RandomInvertLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval factor_, range_;
};
using RandomInvert = LayerOf<RandomInvertLayer>;

struct RandomGrayscaleOptions {
  double factor = 0.5;  // the probability of a change
  std::optional<std::string> data_format = {};
  std::optional<int64_t> seed = {};
};
class RandomGrayscaleLayer final : public ImageAugmentationOf<RandomGrayscaleOptions> {
 public:
  explicit RandomGrayscaleLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;
};
using RandomGrayscale = LayerOf<RandomGrayscaleLayer>;

struct SolarizationOptions {
  NumberArray addition_factor = 0.0, threshold_factor = 0.0;
  std::vector<double> value_range = {0, 255};
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
class SolarizationLayer final : public ImageAugmentationOf<SolarizationOptions> {
 public:
  explicit SolarizationLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval addition_, threshold_, range_;
};
using Solarization = LayerOf<SolarizationLayer>;

struct RandomGaussianBlurOptions {
  NumberArray factor = 1.0;  // the probability of a change
  Extents kernel_size = 3;   // odd: along x, along y
  NumberArray sigma = 1.0;
  std::vector<double> value_range = {0, 255};
  std::optional<std::string> data_format = {};
  std::optional<int64_t> seed = {};
};
class RandomGaussianBlurLayer final : public ImageAugmentationOf<RandomGaussianBlurOptions> {
 public:
  explicit RandomGaussianBlurLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval factor_, sigma_, range_;
  std::vector<int64_t> size_;
};
using RandomGaussianBlur = LayerOf<RandomGaussianBlurLayer>;

struct RandomColorJitterOptions {
  std::vector<double> value_range = {0, 255};
  std::optional<NumberArray> brightness_factor = {}, contrast_factor = {}, saturation_factor = {},
                             hue_factor = {};
  std::optional<int64_t> seed = {};
  std::optional<std::string> data_format = {};
};
// RandomBrightness, RandomContrast, RandomSaturation and RandomHue, those that have a factor.
class RandomColorJitterLayer final : public ImageAugmentationOf<RandomColorJitterOptions> {
 public:
  explicit RandomColorJitterLayer(Options options);
  Transformation get_random_transformation(const Value& images) const override;
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  std::vector<std::pair<std::string, std::shared_ptr<ImageAugmentationLayer>>> layers_;
};
using RandomColorJitter = LayerOf<RandomColorJitterLayer>;

}  // namespace tutti
