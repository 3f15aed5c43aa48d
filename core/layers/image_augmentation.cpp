#include "core/layers/image_augmentation.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/elementwise.h"
#include "core/ops/random_uniform.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

// The numbers of a factor, one or two; none where it is something else.
std::vector<double> numbers_of(const NumberArray& factor) {
  const bool number = factor.shape().rank() == 0;
  const bool pair = factor.shape() == Shape{2};
  return number || pair ? factor.values().to_vector<double>() : std::vector<double>();
}

std::string received(const NumberArray& factor) {
  const auto numbers = factor.values().to_vector<double>();
  if (factor.shape().rank() == 0) return fmt::format("{}", numbers[0]);
  return fmt::format("[{}]", fmt::join(numbers, ", "));
}

}  // namespace

Transformation inner(const Transformation& whole, const std::string& layer) {
  const std::string prefix = layer + ".";
  Transformation of_layer;
  for (const auto& [name, value] : whole)
    if (name.starts_with(prefix)) of_layer.emplace(name.substr(prefix.size()), value);
  return of_layer;
}

void add_inner(Transformation& whole, const std::string& layer, const Transformation& drawn) {
  for (const auto& [name, value] : drawn) whole.emplace(layer + "." + name, value);
}

Interval factor_within(const NumberArray& factor, Interval bounds, const char* layer,
                       const char* name) {
  const auto numbers = numbers_of(factor);
  if (numbers.empty() || !(numbers[0] <= bounds.upper) || !(numbers.back() >= bounds.lower))
    fail(layer,
         "The `{}` argument should be a number (or a list of two numbers) in the range [{}, {}]. "
         "Received: factor={}",
         name, bounds.lower, bounds.upper, received(factor));
  if (numbers.size() == 2)
    return {std::min(numbers[0], numbers[1]), std::max(numbers[0], numbers[1])};
  const double size = std::abs(numbers[0]);
  return {std::max(-size, bounds.lower), size};
}

Interval factor_around(const NumberArray& factor, Interval bounds, const char* layer,
                       const char* name, const char* arguments, const char* range) {
  const auto numbers = numbers_of(factor);
  const auto outside = [&](double number) {
    return !(number >= bounds.lower && number <= bounds.upper);
  };
  if (numbers.empty() || std::ranges::any_of(numbers, outside))
    fail(layer,
         "The {} should be a number (or a list of two numbers) in the range {}. Received: {}={}",
         arguments, range, name, received(factor));
  if (numbers.size() == 2)
    return {std::min(numbers[0], numbers[1]), std::max(numbers[0], numbers[1])};
  return {-std::abs(numbers[0]), std::abs(numbers[0])};
}

Interval factor_up_to_one(const NumberArray& factor, const char* layer, const char* name) {
  const Interval around = factor_around(
      factor, {0, 1}, layer, name, "`addition_factor` and `threshold_factor` arguments", "[0, 1]");
  return {std::max(around.lower, 0.0), around.upper};
}

Interval value_interval(const std::vector<double>& value_range, const char* layer) {
  if (value_range.size() != 2 || value_range[0] == value_range[1])
    fail(layer,
         "The `value_range` argument should be a list of two numbers. Received: value_range=[{}]",
         fmt::join(value_range, ", "));
  return {std::min(value_range[0], value_range[1]), std::max(value_range[0], value_range[1])};
}

std::vector<Value> ImageAugmentationLayer::call(const std::vector<Value>& inputs) {
  if (inputs.size() > 1)
    fail(where(),
         "takes images alone, got {} inputs; labels, bounding boxes and segmentation masks are not "
         "transformed, call it on the images",
         inputs.size());
  const Value images = channels_last(to_dtype(only(inputs)), data_format(), 2, where());
  const Value otherwise = transform_in_inference(images);
  const Value augmented = transform_images(images, get_random_transformation(images));
  return {channels_restored(in_training(augmented, otherwise), data_format())};
}

Value ImageAugmentationLayer::uniform(const Value& images, Interval interval,
                                      int64_t columns) const {
  const Value like = broadcast_to(Value(Tensor::zeros({}, images.dtype())),
                                  {images.shape()[0], 1, 1, columns}, images.kind());
  return random_uniform(like, interval.lower, interval.upper, seed());
}

Value ImageAugmentationLayer::chance(const Value& images, Interval probability) const {
  const Value threshold = uniform(images, {0, 1});
  return threshold < uniform(images, probability);
}

Value column(const Value& drawn, int64_t i) { return slice(drawn, -1, i, i + 1); }

Value rescaled(const Value& images, Interval from, Interval to) {
  if (from.lower == to.lower && from.upper == to.upper) return images;
  const Value unit = (images - from.lower) / (from.upper - from.lower);
  return unit * (to.upper - to.lower) + to.lower;
}

Value clipped(const Value& images, Interval range) {
  return minimum(maximum(images, range.lower), range.upper);
}

Value rgb_to_grayscale(const Value& images, const std::string& where) {
  const int64_t channels = images.shape()[-1];
  if (channels == 1) return images;
  if (channels != 3)
    fail(where, "images have {} channels; give 3 (red, green, blue) or 1", channels);
  return 0.2989 * column(images, 0) + 0.587 * column(images, 1) + 0.114 * column(images, 2);
}

}  // namespace tutti
