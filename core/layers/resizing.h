// UpSampling1D .. UpSampling3D: extents times whole numbers. Resizing: images of a given size.
// CenterCrop: the middle of images.
#pragma once

#include "core/layers/layer.h"
#include "core/layers/spatial.h"

namespace tutti {

struct UpSampling1DOptions {
  int64_t size = 2;
};
class UpSampling1DLayer final : public Layer {
 public:
  using Options = UpSampling1DOptions;
  explicit UpSampling1DLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using UpSampling1D = LayerOf<UpSampling1DLayer>;

struct UpSampling2DOptions {
  Extents size = 2;
  std::optional<std::string> data_format = {};
  std::string interpolation = "nearest";  // or bilinear, bicubic, lanczos3, lanczos5
};
class UpSampling2DLayer final : public Layer {
 public:
  using Options = UpSampling2DOptions;
  explicit UpSampling2DLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using UpSampling2D = LayerOf<UpSampling2DLayer>;

struct UpSampling3DOptions {
  Extents size = 2;
  std::optional<std::string> data_format = {};
};
class UpSampling3DLayer final : public Layer {
 public:
  using Options = UpSampling3DOptions;
  explicit UpSampling3DLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using UpSampling3D = LayerOf<UpSampling3DLayer>;

struct ResizingOptions {
  int64_t height = 0, width = 0;
  std::string interpolation = "bilinear";
  bool crop_to_aspect_ratio = false;  // the largest middle part of the output's proportions
  bool pad_to_aspect_ratio = false;   // `fill_value` around the image, to the output's proportions
  std::string fill_mode = "constant";
  double fill_value = 0;
  bool antialias = false;
  std::optional<std::string> data_format = {};
};
class ResizingLayer final : public Layer {
 public:
  using Options = ResizingOptions;
  explicit ResizingLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Resizing = LayerOf<ResizingLayer>;

struct CenterCropOptions {
  int64_t height = 0, width = 0;
  std::optional<std::string> data_format = {};
};
// An image that is smaller is resized to the least size that can be cropped, as Keras does.
class CenterCropLayer final : public Layer {
 public:
  using Options = CenterCropOptions;
  explicit CenterCropLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using CenterCrop = LayerOf<CenterCropLayer>;

// The largest middle part of images that has an output's proportions, resized to it; `axis` is the
// rows of pixels.
Value cropped_and_resized(const Value& images, int axis, int64_t height, int64_t width);

}  // namespace tutti
