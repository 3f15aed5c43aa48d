#include "core/layers/color_augmentation.h"

#include <limits>

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/convolution.h"
#include "core/ops/elementwise.h"
#include "core/ops/gaussian_blur.h"
#include "core/ops/reduce.h"
#include "core/ops/take.h"

namespace tutti {
namespace {

constexpr Interval kBytes{0, 255};

struct Hsv {
  Value hue, saturation, value;  // (rows, height, width, 1); hue of a full turn
};

Hsv hsv_of(const Value& images, const std::string& where) {
  if (images.shape()[-1] != 3)
    fail(where, "images have {} channels; give 3: red, green, blue", images.shape()[-1]);
  const double eps = images.dtype() == DType::f64 ? std::numeric_limits<double>::epsilon()
                                                  : std::numeric_limits<float>::epsilon();
  const Value rgb = select(abs(images) < eps, 0.0, images);
  const Value r = column(rgb, 0), g = column(rgb, 1), b = column(rgb, 2);
  const Value value = maximum(maximum(r, g), b);
  const Value range = value - minimum(minimum(r, g), b);
  const Value norm = 1.0 / (6.0 * select(range > 0.0, range, 1.0));
  const Value of_green = norm * (b - r) + 2.0 / 6.0, of_blue = norm * (r - g) + 4.0 / 6.0;
  Value hue = select(equal(value, g), of_green, of_blue);
  hue = select(equal(value, r), norm * (g - b), hue);
  hue = select(range > 0.0, hue, 0.0) + cast(hue < 0.0, hue.dtype());
  return {hue, select(value > 0.0, range / select(value > 0.0, value, 1.0), 0.0), value};
}

Value rgb_of(const Hsv& hsv) {
  const Value turn = mod(hsv.hue, 1.0) * 6.0;
  const auto channel = [&](const Value& part) {
    return hsv.value * (1.0 - hsv.saturation + hsv.saturation * clipped(part, {0, 1}));
  };
  return concatenate({channel(abs(turn - 3.0) - 1.0), channel(2.0 - abs(turn - 2.0)),
                      channel(2.0 - abs(turn - 4.0))});
}

}  // namespace

Transformation RandomContrastLayer::get_random_transformation(const Value& images) const {
  return {{"contrast_factor", uniform(images, {1 - factor_.lower, 1 + factor_.upper})}};
}

Value RandomContrastLayer::transform_images(const Value& images,
                                            const Transformation& drawn) const {
  const Value mean = reduce_mean(images, {1, 2}, true);
  return clipped((images - mean) * drawn.at("contrast_factor") + mean, range_);
}

Transformation RandomBrightnessLayer::get_random_transformation(const Value& images) const {
  return {{"rgb_delta", uniform(images, factor_) * (range_.upper - range_.lower)}};
}

Value RandomBrightnessLayer::transform_images(const Value& images,
                                              const Transformation& drawn) const {
  return clipped(images + drawn.at("rgb_delta"), range_);
}

Transformation RandomSaturationLayer::get_random_transformation(const Value& images) const {
  const Value part = uniform(images, factor_);
  return {{"factor", part / (1.0 - part + 1e-7)}};
}

Value RandomSaturationLayer::transform_images(const Value& images,
                                              const Transformation& drawn) const {
  Hsv hsv = hsv_of(images, class_name());
  hsv.saturation = clipped(hsv.saturation * drawn.at("factor"), range_);
  return rgb_of(hsv);
}

Transformation RandomHueLayer::get_random_transformation(const Value& images) const {
  const Value way = 1.0 - 2.0 * cast(uniform(images, {0, 1}) > 0.5, images.dtype());
  return {{"factor", way * uniform(images, factor_) * 0.5}};
}

Value RandomHueLayer::transform_images(const Value& images, const Transformation& drawn) const {
  Hsv hsv = hsv_of(rescaled(images, range_, {0, 1}), class_name());
  const Value hue = hsv.hue + drawn.at("factor");
  const Value below = select(hue > 1.0, hue - 1.0, hue);
  hsv.hue = select(below < 0.0, below + 1.0, below);
  return rescaled(clipped(rgb_of(hsv), {0, 1}), {0, 1}, range_);
}

Transformation RandomColorDegenerationLayer::get_random_transformation(const Value& images) const {
  return {{"factor", uniform(images, factor_)}};
}

Value RandomColorDegenerationLayer::transform_images(const Value& images,
                                                     const Transformation& drawn) const {
  const Value gray = rgb_to_grayscale(images, class_name());
  return clipped(images + drawn.at("factor") * (gray - images), range_);
}

RandomPosterizationLayer::RandomPosterizationLayer(Options options)
    : ColorAugmentationLayer(std::move(options), {1, 8}, "RandomPosterization") {
  if (factor_.lower < 1 || factor_.upper > 8)
    fail("RandomPosterization", "factor is from {} to {}; an image keeps 1 to 8 bits",
         factor_.lower, factor_.upper);
}

Transformation RandomPosterizationLayer::get_random_transformation(const Value& images) const {
  return {{"shift_factor", 8.0 - floor(uniform(images, factor_))}};
}

Value RandomPosterizationLayer::transform_images(const Value& images,
                                                 const Transformation& drawn) const {
  const Tensor powers = Tensor::from(std::vector<double>{1, 2, 4, 8, 16, 32, 64, 128, 256}, {9});
  const Value step =
      take(Value(powers.to(images.dtype())), cast(drawn.at("shift_factor"), DType::i64));
  const Value bytes = floor(clipped(rescaled(images, range_, kBytes), kBytes));
  return rescaled(floor(bytes / step) * step, kBytes, range_);
}

Transformation RandomSharpnessLayer::get_random_transformation(const Value& images) const {
  return {{"factor", uniform(images, factor_)}};
}

Value RandomSharpnessLayer::transform_images(const Value& images,
                                             const Transformation& drawn) const {
  const int64_t channels = images.shape()[3];
  std::vector<double> weights(static_cast<size_t>(9 * channels), 1.0 / 13);
  std::fill_n(weights.begin() + 4 * channels, channels, 5.0 / 13);
  const Tensor kernel = Tensor::from(weights, {3, 3, channels, 1}).to(images.dtype());
  const Windows windows =
      padded_windows({images.shape()[1], images.shape()[2]}, {3, 3}, {1, 1}, {1, 1}, "same");
  const Value smooth = depthwise_convolution(images, Value(kernel), windows);
  const Value part = 1.0 - 2.0 * drawn.at("factor");
  return clipped(images + part * (smooth - images), range_);
}

RandomInvertLayer::RandomInvertLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomInvert"),
      factor_(factor_within(options_.factor, {0, 1}, "RandomInvert")),
      range_(value_interval(options_.value_range, "RandomInvert")) {}

Transformation RandomInvertLayer::get_random_transformation(const Value& images) const {
  return {{"apply_inversion", chance(images, factor_)}};
}

Value RandomInvertLayer::transform_images(const Value& images, const Transformation& drawn) const {
  return select(drawn.at("apply_inversion"), range_.upper - images, images);
}

RandomGrayscaleLayer::RandomGrayscaleLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomGrayscale") {
  if (!(options_.factor >= 0 && options_.factor <= 1))
    fail("RandomGrayscale", "`factor` should be between 0 and 1. Received: factor={}",
         options_.factor);
}

Transformation RandomGrayscaleLayer::get_random_transformation(const Value& images) const {
  return {{"should_apply", uniform(images, {0, 1}) < options_.factor}};
}

Value RandomGrayscaleLayer::transform_images(const Value& images,
                                             const Transformation& drawn) const {
  return select(drawn.at("should_apply"), rgb_to_grayscale(images, class_name()), images);
}

SolarizationLayer::SolarizationLayer(Options options)
    : ImageAugmentationOf(std::move(options), "Solarization"),
      addition_(factor_up_to_one(options_.addition_factor, "Solarization", "addition_factor")),
      threshold_(factor_up_to_one(options_.threshold_factor, "Solarization", "threshold_factor")),
      range_(value_interval(options_.value_range, "Solarization")) {}

Transformation SolarizationLayer::get_random_transformation(const Value& images) const {
  return {{"additions", uniform(images, {addition_.lower, addition_.upper * 255})},
          {"thresholds", uniform(images, {threshold_.lower, threshold_.upper * 255})}};
}

Value SolarizationLayer::transform_images(const Value& images, const Transformation& drawn) const {
  const Value brighter = rescaled(images, range_, kBytes) + drawn.at("additions");
  const Value bytes = clipped(brighter, kBytes);
  return rescaled(select(bytes < drawn.at("thresholds"), bytes, 255.0 - bytes), kBytes, range_);
}

RandomGaussianBlurLayer::RandomGaussianBlurLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomGaussianBlur"),
      factor_(factor_within(options_.factor, {0, 1}, "RandomGaussianBlur")),
      sigma_(factor_within(options_.sigma, {0, 1}, "RandomGaussianBlur", "sigma")),
      range_(value_interval(options_.value_range, "RandomGaussianBlur")),
      size_(options_.kernel_size.of(2, "RandomGaussianBlur", "kernel_size")) {
  if (size_[0] % 2 == 0 || size_[1] % 2 == 0)
    fail("RandomGaussianBlur", "kernel_size must be an odd number. Received: kernel_size=[{}, {}]",
         size_[0], size_[1]);
}

Transformation RandomGaussianBlurLayer::get_random_transformation(const Value& images) const {
  return {{"should_apply_blur", chance(images, factor_)},
          {"blur_factor", uniform(images, sigma_, 2) + 1e-6}};
}

Value RandomGaussianBlurLayer::transform_images(const Value& images,
                                                const Transformation& drawn) const {
  const auto window = [&](size_t axis) {
    const int64_t reach = (size_[axis] - 1) / 2;
    return GaussianWindow{column(drawn.at("blur_factor"), static_cast<int64_t>(axis)),
                          Value(static_cast<double>(reach)), reach};
  };
  const Value blurred = gaussian_blur(images, window(1), window(0));
  return clipped(select(drawn.at("should_apply_blur"), blurred, images), range_);
}

RandomColorJitterLayer::RandomColorJitterLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomColorJitter") {
  const auto add = [&]<typename L>(const char* name, const std::optional<NumberArray>& factor, L*) {
    if (factor)
      layers_.emplace_back(name, std::make_shared<L>(ColorOptions{
                                     *factor, options_.value_range, options_.seed, {}}));
  };
  add("random_brightness", options_.brightness_factor,
      static_cast<RandomBrightnessLayer*>(nullptr));
  add("random_contrast", options_.contrast_factor, static_cast<RandomContrastLayer*>(nullptr));
  add("random_saturation", options_.saturation_factor,
      static_cast<RandomSaturationLayer*>(nullptr));
  add("random_hue", options_.hue_factor, static_cast<RandomHueLayer*>(nullptr));
}

Transformation RandomColorJitterLayer::get_random_transformation(const Value& images) const {
  Transformation drawn;
  for (const auto& [name, layer] : layers_)
    add_inner(drawn, name, layer->get_random_transformation(images));
  return drawn;
}

Value RandomColorJitterLayer::transform_images(const Value& images,
                                               const Transformation& drawn) const {
  Value changed = images;
  for (const auto& [name, layer] : layers_)
    changed = layer->transform_images(changed, inner(drawn, name));
  return changed;
}

inline constexpr auto declare_color = [](auto& builder) {
  builder.required("factor", &ColorOptions::factor, "how much, or from and to")
      .with(declare_value_range)
      .with(declare_draws);
};
inline constexpr auto declare_probability = [](auto& builder) {
  using O = typename std::remove_reference_t<decltype(builder)>::Options;
  builder.argument("factor", &O::factor, "the probability of a change");
};

TUTTI_REGISTER(Layer, RandomContrastLayer, "RandomContrast", "contrast changed in training")
    .with(declare_color);
TUTTI_REGISTER(Layer, RandomBrightnessLayer, "RandomBrightness", "brightness changed in training")
    .with(declare_color);
TUTTI_REGISTER(Layer, RandomSaturationLayer, "RandomSaturation", "saturation changed in training")
    .with(declare_color);
TUTTI_REGISTER(Layer, RandomHueLayer, "RandomHue", "hue changed in training").with(declare_color);
TUTTI_REGISTER(Layer, RandomColorDegenerationLayer, "RandomColorDegeneration",
               "mixed with gray in training")
    .with(declare_color);
TUTTI_REGISTER(Layer, RandomPosterizationLayer, "RandomPosterization", "fewer bits in training")
    .with(declare_color);
TUTTI_REGISTER(Layer, RandomSharpnessLayer, "RandomSharpness", "blurred or sharpened in training")
    .with(declare_color);
TUTTI_REGISTER(Layer, RandomInvertLayer, "RandomInvert", "negatives at random in training")
    .with(declare_probability)
    .with(declare_value_range)
    .with(declare_draws);
TUTTI_REGISTER(Layer, RandomGrayscaleLayer, "RandomGrayscale", "gray at random in training")
    .with(declare_probability)
    .with(declare_draws);
TUTTI_REGISTER(Layer, SolarizationLayer, "Solarization", "what is bright inverted in training")
    .argument("addition_factor", &SolarizationOptions::addition_factor, "added first, of 255")
    .argument("threshold_factor", &SolarizationOptions::threshold_factor,
              "what is at least this, of 255, is inverted")
    .with(declare_value_range)
    .with(declare_draws);
TUTTI_REGISTER(Layer, RandomGaussianBlurLayer, "RandomGaussianBlur", "blurred in training")
    .with(declare_probability)
    .argument("kernel_size", &RandomGaussianBlurOptions::kernel_size, "odd: along x, along y")
    .argument("sigma", &RandomGaussianBlurOptions::sigma, "in pixels, 0 to 1")
    .with(declare_value_range)
    .with(declare_draws);
TUTTI_REGISTER(Layer, RandomColorJitterLayer, "RandomColorJitter",
               "brightness, contrast, saturation and hue changed in training")
    .with(declare_value_range)
    .argument("brightness_factor", &RandomColorJitterOptions::brightness_factor, "null: left")
    .argument("contrast_factor", &RandomColorJitterOptions::contrast_factor, "null: left")
    .argument("saturation_factor", &RandomColorJitterOptions::saturation_factor, "null: left")
    .argument("hue_factor", &RandomColorJitterOptions::hue_factor, "null: left")
    .with(declare_draws);

}  // namespace tutti
