#include "core/layers/resizing.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/extents.h"
#include "core/ops/elementwise.h"
#include "core/ops/pad.h"
#include "core/ops/resample.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

void check_interpolation(const std::string& word, const char* name) {
  const auto& names = interpolation_names();
  if (std::ranges::find(names, word) == names.end())
    fail(name, "interpolation '{}' is unknown{}; use {}", word, did_you_mean(word, names),
         fmt::join(names, ", "));
}

void check_size(int64_t height, int64_t width, const char* name) {
  if (height < 1 || width < 1)
    fail(name, "height is {} and width {}; use one or more", height, width);
}

// The middle `extent` elements of an axis; what is odd stays after.
Value middle(const Value& x, int axis, int64_t extent) {
  const int64_t begin = (x.shape()[axis] - extent) / 2;
  return extent == x.shape()[axis] ? x : slice(x, axis, begin, begin + extent);
}

// How many elements of `extent`, given that `other` is to become `other_out` where this becomes
// `out`: proportions kept.
int64_t in_proportion(int64_t other, int64_t out, int64_t other_out) {
  return static_cast<int64_t>(static_cast<double>(other * out) / static_cast<double>(other_out));
}

Value cropped_to_proportions(const Value& x, int axis, int64_t height, int64_t width) {
  const int64_t have_height = x.shape()[axis], have_width = x.shape()[axis + 1];
  const int64_t fit_height = in_proportion(have_width, height, width);
  const int64_t fit_width = in_proportion(have_height, width, height);
  const Value cut = middle(x, axis, std::clamp<int64_t>(fit_height, 1, have_height));
  return middle(cut, axis + 1, std::clamp<int64_t>(fit_width, 1, have_width));
}

Value padded_to_proportions(const Value& x, int axis, int64_t height, int64_t width, double fill) {
  const int64_t have_height = x.shape()[axis], have_width = x.shape()[axis + 1];
  const auto missing = [](int64_t wanted, int64_t have) {
    return std::max<int64_t>(0, (wanted - have) / 2);
  };
  std::vector<int64_t> ends(static_cast<size_t>(x.shape().rank()), 0);
  // As Keras's: the same at both ends, above and below where both would be.
  const int64_t rows = missing(in_proportion(have_width, height, width), have_height);
  const int64_t columns = missing(in_proportion(have_height, width, height), have_width);
  ends[static_cast<size_t>(axis)] = rows;
  ends[static_cast<size_t>(axis) + 1] = rows > 0 ? 0 : columns;
  return pad(x - fill, ends, ends) + fill;
}

Value resized(const Value& x, int axis, int64_t height, int64_t width,
              const std::string& interpolation, bool antialias) {
  return resample(resample(x, axis, height, interpolation, antialias), axis + 1, width,
                  interpolation, antialias);
}

}  // namespace

Value cropped_and_resized(const Value& images, int axis, int64_t height, int64_t width) {
  return resized(cropped_to_proportions(images, axis, height, width), axis, height, width,
                 "bilinear", false);
}

UpSampling1DLayer::UpSampling1DLayer(Options options) : options_(options) {
  if (options_.size < 1) fail("UpSampling1D", "size is {}; use one or more", options_.size);
}

std::vector<Value> UpSampling1DLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  spatial_shape(x.shape(), {}, 1, where());
  return {repeat(x, options_.size, 1)};
}

UpSampling2DLayer::UpSampling2DLayer(Options options) : options_(std::move(options)) {
  options_.size = Extents(options_.size.of(2, "UpSampling2D", "size"));
  check_data_format(options_.data_format, "UpSampling2D");
  check_interpolation(options_.interpolation, "UpSampling2D");
}

std::vector<Value> UpSampling2DLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  const auto extents = spatial_shape(x.shape(), options_.data_format, 2, where()).extents;
  const int axis = first_spatial_axis(options_.data_format);
  const auto& size = options_.size.values();
  if (options_.interpolation == "nearest")
    return {repeat(repeat(x, size[0], axis), size[1], axis + 1)};
  return {resized(x, axis, extent_product({extents[0], size[0]}),
                  extent_product({extents[1], size[1]}), options_.interpolation, false)};
}

UpSampling3DLayer::UpSampling3DLayer(Options options) : options_(std::move(options)) {
  options_.size = Extents(options_.size.of(3, "UpSampling3D", "size"));
  check_data_format(options_.data_format, "UpSampling3D");
}

std::vector<Value> UpSampling3DLayer::call(const std::vector<Value>& inputs) {
  Value x = to_dtype(only(inputs));
  spatial_shape(x.shape(), options_.data_format, 3, where());
  for (size_t i = 0; i < 3; ++i)
    x = repeat(x, options_.size.values()[i],
               first_spatial_axis(options_.data_format) + static_cast<int>(i));
  return {x};
}

ResizingLayer::ResizingLayer(Options options) : options_(std::move(options)) {
  check_size(options_.height, options_.width, "Resizing");
  check_data_format(options_.data_format, "Resizing");
  check_interpolation(options_.interpolation, "Resizing");
  if (options_.fill_mode != "constant")
    fail("Resizing", "fill_mode '{}' is unknown; use constant", options_.fill_mode);
  if (options_.crop_to_aspect_ratio && options_.pad_to_aspect_ratio)
    fail("Resizing", "crop_to_aspect_ratio and pad_to_aspect_ratio are both set; choose one");
}

std::vector<Value> ResizingLayer::call(const std::vector<Value>& inputs) {
  const auto& o = options_;
  Value x = to_dtype(only(inputs));
  spatial_shape(x.shape(), o.data_format, 2, where());
  const int axis = first_spatial_axis(o.data_format);
  if (o.crop_to_aspect_ratio) x = cropped_to_proportions(x, axis, o.height, o.width);
  if (o.pad_to_aspect_ratio) x = padded_to_proportions(x, axis, o.height, o.width, o.fill_value);
  return {resized(x, axis, o.height, o.width, o.interpolation, o.antialias)};
}

CenterCropLayer::CenterCropLayer(Options options) : options_(std::move(options)) {
  check_size(options_.height, options_.width, "CenterCrop");
  check_data_format(options_.data_format, "CenterCrop");
}

std::vector<Value> CenterCropLayer::call(const std::vector<Value>& inputs) {
  const auto& o = options_;
  const Value x = to_dtype(only(inputs));
  const auto extents = spatial_shape(x.shape(), o.data_format, 2, where()).extents;
  const int axis = first_spatial_axis(o.data_format);
  if (extents[0] >= o.height && extents[1] >= o.width)
    return {middle(middle(x, axis, o.height), axis + 1, o.width)};
  return {cropped_and_resized(x, axis, o.height, o.width)};
}

TUTTI_REGISTER(Layer, UpSampling1DLayer, "UpSampling1D", "each element several times")
    .argument("size", &UpSampling1DOptions::size, "how often");
TUTTI_REGISTER(Layer, UpSampling2DLayer, "UpSampling2D", "images whole numbers of times as large")
    .argument("size", &UpSampling2DOptions::size, "how many times")
    .argument("data_format", &UpSampling2DOptions::data_format, "channels_last or channels_first")
    .argument("interpolation", &UpSampling2DOptions::interpolation,
              "nearest, bilinear, bicubic, lanczos3 or lanczos5");
TUTTI_REGISTER(Layer, UpSampling3DLayer, "UpSampling3D", "volumes whole numbers of times as large")
    .argument("size", &UpSampling3DOptions::size, "how many times")
    .argument("data_format", &UpSampling3DOptions::data_format, "channels_last or channels_first");
TUTTI_REGISTER(Layer, ResizingLayer, "Resizing", "images of a given size")
    .required("height", &ResizingOptions::height, "of the output")
    .required("width", &ResizingOptions::width, "of the output")
    .argument("interpolation", &ResizingOptions::interpolation,
              "nearest, bilinear, bicubic, lanczos3 or lanczos5")
    .argument("crop_to_aspect_ratio", &ResizingOptions::crop_to_aspect_ratio,
              "cut the edges rather than change proportions")
    .argument("pad_to_aspect_ratio", &ResizingOptions::pad_to_aspect_ratio,
              "add edges rather than change proportions")
    .argument("fill_mode", &ResizingOptions::fill_mode, "constant")
    .argument("fill_value", &ResizingOptions::fill_value, "of added edges")
    .argument("antialias", &ResizingOptions::antialias, "smooth what shrinks")
    .argument("data_format", &ResizingOptions::data_format, "channels_last or channels_first");
TUTTI_REGISTER(Layer, CenterCropLayer, "CenterCrop", "the middle of images")
    .required("height", &CenterCropOptions::height, "of the output")
    .required("width", &CenterCropOptions::width, "of the output")
    .argument("data_format", &CenterCropOptions::data_format, "channels_last or channels_first");

}  // namespace tutti
