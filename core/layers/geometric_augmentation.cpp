#include "core/layers/geometric_augmentation.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/layers/resizing.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/gaussian_blur.h"
#include "core/ops/random_uniform.h"
#include "core/ops/resample.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

void check_word(const std::string& word, const std::vector<std::string>& words,
                const char* argument, const char* layer) {
  if (std::ranges::find(words, word) == words.end())
    fail(layer, "Unknown `{}` {}{}. Expected of one [{}].", argument, word,
         did_you_mean(word, words), fmt::join(words, ", "));
}

template <typename O>
void check_warp(const O& options, const char* layer) {
  check_word(options.fill_mode, {"reflect", "wrap", "constant", "nearest"}, "fill_mode", layer);
  check_word(options.interpolation, {"nearest", "bilinear"}, "interpolation", layer);
}

template <typename O>
WarpOptions warp_of(const O& options) {
  return {options.fill_mode, options.interpolation, options.fill_value};
}

double height_of(const Value& images) { return static_cast<double>(images.shape()[1]); }
double width_of(const Value& images) { return static_cast<double>(images.shape()[2]); }

}  // namespace

RandomFlipLayer::RandomFlipLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomFlip") {
  check_word(options_.mode, {"horizontal", "vertical", "horizontal_and_vertical"}, "mode",
             "RandomFlip");
}

Transformation RandomFlipLayer::get_random_transformation(const Value& images) const {
  return {{"flips", uniform(images, {0, 1}) <= 0.5}};
}

Value RandomFlipLayer::transform_images(const Value& images, const Transformation& drawn) const {
  const Value& flips = drawn.at("flips");
  const Value y = pixel_rows(images.shape()[1], images.dtype());
  const Value x = pixel_columns(images.shape()[2], images.dtype());
  const Value turned_y = select(flips, height_of(images) - 1 - y, y);
  const Value turned_x = select(flips, width_of(images) - 1 - x, x);
  return take_pixels(images, options_.mode == "horizontal" ? y : turned_y,
                     options_.mode == "vertical" ? x : turned_x);
}

RandomRotationLayer::RandomRotationLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomRotation"),
      factor_(factor_within(options_.factor, {-1, 1}, "RandomRotation")) {
  check_warp(options_, "RandomRotation");
}

Transformation RandomRotationLayer::get_random_transformation(const Value& images) const {
  return {{"angle", uniform(images, {factor_.lower * 360, factor_.upper * 360})}};  // degrees
}

Value RandomRotationLayer::transform_images(const Value& images,
                                            const Transformation& drawn) const {
  const Value angle = drawn.at("angle") * (std::numbers::pi / 180);
  const double cx = (width_of(images) - 1) / 2, cy = (height_of(images) - 1) / 2;
  const Value c = cos(angle), s = sin(angle);
  return affine_transform(images, {c, -s, cx - cx * c + cy * s, s, c, cy - cx * s - cy * c},
                          warp_of(options_));
}

RandomZoomLayer::RandomZoomLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomZoom") {
  const auto interval = [&](const NumberArray& factor, const char* name) {
    return factor_around(factor, {std::nextafter(-1.0, 0.0), 1}, "RandomZoom", name,
                         "`height_factor` and `width_factor` arguments", "(-1.0, 1.0]");
  };
  height_ = interval(options_.height_factor, "height_factor");
  if (options_.width_factor) width_ = interval(*options_.width_factor, "width_factor");
  check_warp(options_, "RandomZoom");
}

Transformation RandomZoomLayer::get_random_transformation(const Value& images) const {
  const auto zoom = [&](Interval of) { return uniform(images, {1 + of.lower, 1 + of.upper}); };
  const Value height = zoom(height_);
  return {{"height_zoom", height}, {"width_zoom", width_ ? zoom(*width_) : height}};
}

Value RandomZoomLayer::transform_images(const Value& images, const Transformation& drawn) const {
  const Value &zoom_y = drawn.at("height_zoom"), &zoom_x = drawn.at("width_zoom");
  const Value x = (width_of(images) - 1) / 2 * (1.0 - zoom_x);
  const Value y = (height_of(images) - 1) / 2 * (1.0 - zoom_y);
  return affine_transform(images, {zoom_x, 0.0, x, 0.0, zoom_y, y}, warp_of(options_));
}

RandomTranslationLayer::RandomTranslationLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomTranslation") {
  const auto interval = [&](const NumberArray& factor, const char* name) {
    return factor_around(factor, {-1, 1}, "RandomTranslation", name, "`factor` argument",
                         "[-1.0, 1.0]");
  };
  height_ = interval(options_.height_factor, "height_factor");
  width_ = interval(options_.width_factor, "width_factor");
  check_warp(options_, "RandomTranslation");
}

Transformation RandomTranslationLayer::get_random_transformation(const Value& images) const {
  const Value y = uniform(images, height_) * height_of(images);
  return {{"translations", concatenate({uniform(images, width_) * width_of(images), y})}};
}

Value RandomTranslationLayer::transform_images(const Value& images,
                                               const Transformation& drawn) const {
  const Value& by = drawn.at("translations");
  return affine_transform(images, {1.0, 0.0, -column(by, 0), 0.0, 1.0, -column(by, 1)},
                          warp_of(options_));
}

RandomShearLayer::RandomShearLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomShear") {
  const auto interval = [&](const NumberArray& factor, const char* name) {
    // Keras's own configs hold [-f, f] for f.
    const auto ends = factor.values().to_vector<double>();
    const bool symmetric = ends.size() == 2 && ends[0] == -ends[1];
    return factor_around(symmetric ? NumberArray(ends[1]) : factor, {0, 1}, "RandomShear", name,
                         "`factor` argument", "[0, 1.0]");
  };
  x_ = interval(options_.x_factor, "x_factor");
  y_ = interval(options_.y_factor, "y_factor");
  check_warp(options_, "RandomShear");
}

Transformation RandomShearLayer::get_random_transformation(const Value& images) const {
  const Value way = 1.0 - 2.0 * cast(uniform(images, {0, 1}) > 0.5, images.dtype());
  const Value y = uniform(images, y_);
  return {{"shear_factor", concatenate({uniform(images, x_), y}) * way}};
}

Value RandomShearLayer::transform_images(const Value& images, const Transformation& drawn) const {
  const Value& by = drawn.at("shear_factor");
  return affine_transform(images, {1.0, column(by, 0), 0.0, column(by, 1), 1.0, 0.0},
                          warp_of(options_));
}

RandomPerspectiveLayer::RandomPerspectiveLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomPerspective"),
      factor_(factor_within(options_.factor, {0, 1}, "RandomPerspective")) {
  if (!(options_.scale >= 0 && options_.scale <= 1))
    fail("RandomPerspective",
         "The `scale` argument should be a number in the range [0,1]. Received: scale={}",
         options_.scale);
  check_word(options_.interpolation, {"nearest", "bilinear"}, "interpolation", "RandomPerspective");
}

// Corners as x, y: top left, top right, bottom left, bottom right. One that is 0 stays, as Keras's.
Transformation RandomPerspectiveLayer::get_random_transformation(const Value& images) const {
  const double right = width_of(images) - 1, bottom = height_of(images) - 1;
  const Tensor corners =
      Tensor::from(std::vector<double>{0, 0, right, 0, 0, bottom, right, bottom}, {8});
  const Value move = uniform(images, {-0.5 * options_.scale, 0.5 * options_.scale}, 8);
  return {{"apply_perspective", chance(images, factor_)},
          {"end_points", Value(corners.to(images.dtype())) * (1.0 + move)}};
}

// The map from the moved corners to the image's, in closed form: the adjugate of Heckbert's map
// from the unit square to a quadrilateral ("Fundamentals of texture mapping", 1989, 2.2.3).
Value RandomPerspectiveLayer::transform_images(const Value& images,
                                               const Transformation& drawn) const {
  const Value& points = drawn.at("end_points");
  const auto x = [&](int64_t corner) { return column(points, 2 * corner); };
  const auto y = [&](int64_t corner) { return column(points, 2 * corner + 1); };
  const Value x1 = x(1) - x(3), x2 = x(2) - x(3), sx = x(0) - x(1) + x(3) - x(2);
  const Value y1 = y(1) - y(3), y2 = y(2) - y(3), sy = y(0) - y(1) + y(3) - y(2);
  const Value area = x1 * y2 - x2 * y1;
  const Value g = (sx * y2 - x2 * sy) / area, h = (x1 * sy - sx * y1) / area;
  const Value a = x(1) - x(0) + g * x(1), b = x(2) - x(0) + h * x(2), c = x(0);
  const Value d = y(1) - y(0) + g * y(1), e = y(2) - y(0) + h * y(2), f = y(0);
  const Value scale = a * e - b * d;
  const Value to_x = (width_of(images) - 1) / scale, to_y = (height_of(images) - 1) / scale;
  const Value moved =
      projective_transform(images,
                           {(e - f * h) * to_x, (c * h - b) * to_x, (b * f - c * e) * to_x,
                            (f * g - d) * to_y, (a - c * g) * to_y, (c * d - a * f) * to_y,
                            (d * h - e * g) / scale, (b * g - a * h) / scale},
                           {"constant", options_.interpolation, options_.fill_value});
  return select(drawn.at("apply_perspective"), moved, images);
}

RandomElasticTransformLayer::RandomElasticTransformLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomElasticTransform"),
      factor_(factor_within(options_.factor, {0, 1}, "RandomElasticTransform")),
      scale_(factor_within(options_.scale, {0, 1}, "RandomElasticTransform", "scale")),
      range_(value_interval(options_.value_range, "RandomElasticTransform")) {
  check_word(options_.fill_mode, {"constant", "nearest", "wrap", "mirror", "reflect"}, "fill_mode",
             "RandomElasticTransform");
  check_word(options_.interpolation, {"nearest", "bilinear"}, "interpolation",
             "RandomElasticTransform");
}

Transformation RandomElasticTransformLayer::get_random_transformation(const Value& images) const {
  if (scale_.upper == 0 || factor_.upper == 0) return {};
  const Value like = slice(images, 3, 0, 1);
  return {{"apply_transform", chance(images, factor_)},
          {"distortion_factor", uniform(images, scale_)},
          {"dx", random_normal(like, 0, 1, seed())},
          {"dy", random_normal(like, 0, 1, seed())}};
}

Value RandomElasticTransformLayer::transform_images(const Value& images,
                                                    const Transformation& drawn) const {
  if (drawn.empty()) return images;
  const double least = std::min(height_of(images), width_of(images));
  const double most = std::max(height_of(images), width_of(images));
  const Value& factor = drawn.at("distortion_factor");
  const Value alpha = 0.1 * most * factor;
  const Value sigma = maximum(0.05 * least * factor, 1e-6);
  const GaussianWindow window{sigma, floor(3.0 * sigma),
                              static_cast<int64_t>(3 * 0.05 * least * scale_.upper)};
  const auto shift = [&](const char* noise) {
    return alpha * gaussian_blur(drawn.at(noise) * sigma, window, window);
  };
  const Value y = pixel_rows(images.shape()[1], images.dtype()) + shift("dy");
  const Value x = pixel_columns(images.shape()[2], images.dtype()) + shift("dx");
  const Value moved = map_coordinates(images, y, x, warp_of(options_));
  return clipped(select(drawn.at("apply_transform"), moved, images), range_);
}

RandomCropLayer::RandomCropLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomCrop") {
  if (options_.height < 1 || options_.width < 1)
    fail("RandomCrop", "height is {} and width {}; use one or more", options_.height,
         options_.width);
}

bool RandomCropLayer::smaller_than(const Value& images) const {
  return options_.height < images.shape()[1] && options_.width < images.shape()[2];
}

Transformation RandomCropLayer::get_random_transformation(const Value& images) const {
  if (!smaller_than(images)) return {};
  const auto start = [&](double choices) { return floor(uniform(images, {0, choices})); };
  const Value y = start(height_of(images) - static_cast<double>(options_.height) + 1);
  const Value x = start(width_of(images) - static_cast<double>(options_.width) + 1);
  return {{"h_start", y}, {"w_start", x}};
}

Value RandomCropLayer::transform_images(const Value& images, const Transformation& drawn) const {
  const auto& o = options_;
  if (!drawn.empty())
    return take_pixels(images, drawn.at("h_start") + pixel_rows(o.height, images.dtype()),
                       drawn.at("w_start") + pixel_columns(o.width, images.dtype()));
  // As Keras: a window of the wanted size where one of the wanted proportions would begin.
  const int64_t height = images.shape()[1], width = images.shape()[2];
  const int64_t fit_height = std::clamp<int64_t>(width * o.height / o.width, 1, height);
  const int64_t fit_width = std::clamp<int64_t>(height * o.width / o.height, 1, width);
  const int64_t y = (height - fit_height) / 2, x = (width - fit_width) / 2;
  const Value rows = slice(images, 1, y, std::min(y + o.height, height));
  const Value window = slice(rows, 2, x, std::min(x + o.width, width));
  return resample(resample(window, 1, o.height, "bilinear"), 2, o.width, "bilinear");
}

Value RandomCropLayer::transform_in_inference(const Value& images) const {
  return cropped_and_resized(images, 1, options_.height, options_.width);
}

inline constexpr auto declare_warp = [](auto& builder) {
  using O = typename std::remove_reference_t<decltype(builder)>::Options;
  if constexpr (requires { &O::fill_mode; })
    builder.argument("fill_mode", &O::fill_mode,
                     "beyond the image: reflect, wrap, constant, nearest");
  builder.argument("interpolation", &O::interpolation, "between pixels: bilinear or nearest")
      .argument("fill_value", &O::fill_value, "beyond the image, of fill_mode constant")
      .with(declare_draws);
};

TUTTI_REGISTER(Layer, RandomFlipLayer, "RandomFlip", "images mirrored at random while training")
    .argument("mode", &RandomFlipOptions::mode, "horizontal, vertical or horizontal_and_vertical")
    .with(declare_draws);
TUTTI_REGISTER(Layer, RandomRotationLayer, "RandomRotation", "images turned at random in training")
    .required("factor", &RandomRotationOptions::factor, "part of a full turn, or from and to")
    .with(declare_warp);
TUTTI_REGISTER(Layer, RandomZoomLayer, "RandomZoom", "images zoomed at random in training")
    .required("height_factor", &RandomZoomOptions::height_factor, "out above 0, in below")
    .argument("width_factor", &RandomZoomOptions::width_factor, "null: the height's draw")
    .with(declare_warp);
TUTTI_REGISTER(Layer, RandomTranslationLayer, "RandomTranslation",
               "images shifted at random while training")
    .required("height_factor", &RandomTranslationOptions::height_factor, "part of the height")
    .required("width_factor", &RandomTranslationOptions::width_factor, "part of the width")
    .with(declare_warp);
TUTTI_REGISTER(Layer, RandomShearLayer, "RandomShear", "images sheared at random while training")
    .argument("x_factor", &RandomShearOptions::x_factor, "along a row, for each row of pixels")
    .argument("y_factor", &RandomShearOptions::y_factor, "along a column, for each column")
    .with(declare_warp);
TUTTI_REGISTER(Layer, RandomPerspectiveLayer, "RandomPerspective",
               "images seen from elsewhere, at random while training")
    .argument("factor", &RandomPerspectiveOptions::factor, "the probability of a change")
    .argument("scale", &RandomPerspectiveOptions::scale, "how far corners move, 0 to 1")
    .with(declare_warp);
TUTTI_REGISTER(Layer, RandomElasticTransformLayer, "RandomElasticTransform",
               "images bent at random while training")
    .argument("factor", &RandomElasticTransformOptions::factor, "the probability of a change")
    .argument("scale", &RandomElasticTransformOptions::scale, "how much")
    .with(declare_value_range)
    .with(declare_warp);
TUTTI_REGISTER(Layer, RandomCropLayer, "RandomCrop", "a window of images, random in training")
    .required("height", &RandomCropOptions::height, "of the window")
    .required("width", &RandomCropOptions::width, "of the window")
    .with(declare_draws);

}  // namespace tutti
