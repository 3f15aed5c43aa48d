// Layers that spread the values of each image over its range. Of each image by itself: Keras 3.15
// equalizes with the histogram of the whole batch, so that an image would depend on its neighbours.
// As in Keras, AutoContrast and the adaptive one act in inference too, Equalization does not.
#pragma once

#include "core/layers/image_augmentation.h"

namespace tutti {

struct AutoContrastOptions {
  std::vector<double> value_range = {0, 255};
  std::optional<std::string> data_format = {};
};
// The least value of each channel becomes the least of the range, the largest the largest; a
// channel of one value stays. Channels are those of the data format, which Keras forgets here.
class AutoContrastLayer final : public ImageAugmentationOf<AutoContrastOptions> {
 public:
  explicit AutoContrastLayer(Options options);
  Value transform_images(const Value& images, const Transformation& drawn) const override;
  Value transform_in_inference(const Value& images) const override;

 private:
  Interval range_;
};
using AutoContrast = LayerOf<AutoContrastLayer>;

struct EqualizationOptions {
  std::vector<double> value_range = {0, 255};
  int64_t bins = 256;
  std::optional<std::string> data_format = {};
};
class EqualizationLayer final : public ImageAugmentationOf<EqualizationOptions> {
 public:
  explicit EqualizationLayer(Options options);
  Value transform_images(const Value& images, const Transformation& drawn) const override;

 private:
  Interval range_;
};
using Equalization = LayerOf<EqualizationLayer>;

struct ContrastLimitedAdaptiveHistogramEqualizationOptions {
  std::vector<double> value_range = {0, 255};
  double clip_limit = 4;       // of a bin, times the mean of bins; 0 or less: none
  Extents tile_grid_size = 8;  // tiles along y, along x
  std::optional<std::string> data_format = {};
};
// Tiles are equalized, and pixels between their centres interpolated. Zuiderveld, "Contrast limited
// adaptive histogram equalization", Graphics Gems IV, 1994.
class ContrastLimitedAdaptiveHistogramEqualizationLayer final
    : public ImageAugmentationOf<ContrastLimitedAdaptiveHistogramEqualizationOptions> {
 public:
  explicit ContrastLimitedAdaptiveHistogramEqualizationLayer(Options options);
  Value transform_images(const Value& images, const Transformation& drawn) const override;
  Value transform_in_inference(const Value& images) const override;

 private:
  Value tables_of(const Value& images) const;  // (rows, tiles x channels x 256)
  int64_t tile_extent(int64_t extent, size_t axis) const;

  Interval range_;
  std::vector<int64_t> grid_;
};
using ContrastLimitedAdaptiveHistogramEqualization =
    LayerOf<ContrastLimitedAdaptiveHistogramEqualizationLayer>;

}  // namespace tutti
