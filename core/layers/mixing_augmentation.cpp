#include "core/layers/mixing_augmentation.h"

#include "core/base/error.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/elementwise.h"
#include "core/ops/random_gamma.h"
#include "core/ops/random_uniform.h"
#include "core/ops/shuffle_rows.h"
#include "core/ops/warp.h"

namespace tutti {
namespace {

// Whether a pixel is from `start` of the free space (0 to 1), `part` of the extent long.
Value between(const Value& place, int64_t extent, const Value& part, const Value& start) {
  const Value length = part * static_cast<double>(extent);
  const Value from = start * (static_cast<double>(extent) - length);
  return logical_and(place >= from, place < from + length);
}

}  // namespace

MixUpLayer::MixUpLayer(Options options) : ImageAugmentationOf(std::move(options), "MixUp") {
  if (!(options_.alpha > 0)) fail("MixUp", "alpha is {}; use more than 0", options_.alpha);
}

Transformation MixUpLayer::get_random_transformation(const Value& images) const {
  const Value alpha = broadcast_to(Value(Tensor::full({}, options_.alpha, images.dtype())),
                                   {images.shape()[0], 1, 1, 1}, images.kind());
  return {{"others", shuffle_rows(images, seed())},
          {"mix_weight", random_beta(alpha, alpha, seed())}};
}

Value MixUpLayer::transform_images(const Value& images, const Transformation& drawn) const {
  const Value& weight = drawn.at("mix_weight");
  return weight * images + (1.0 - weight) * drawn.at("others");
}

CutMixLayer::CutMixLayer(Options options)
    : ImageAugmentationOf(std::move(options), "CutMix"),
      factor_(factor_within(options_.factor, {0, 1}, "CutMix")) {}

Transformation CutMixLayer::get_random_transformation(const Value& images) const {
  const Value alpha = uniform(images, factor_) + 1e-6;
  const Value part = sqrt(1.0 - random_beta(alpha, alpha, seed()));
  const auto along = [&](const Value& places, int64_t extent) {
    return between(places, extent, part, uniform(images, {0, 1}));
  };
  const Value columns = along(pixel_columns(images.shape()[2], images.dtype()), images.shape()[2]);
  const Value rows = along(pixel_rows(images.shape()[1], images.dtype()), images.shape()[1]);
  return {{"others", shuffle_rows(images, seed())}, {"batch_masks", logical_and(columns, rows)}};
}

Value CutMixLayer::transform_images(const Value& images, const Transformation& drawn) const {
  return select(drawn.at("batch_masks"), drawn.at("others"), images);
}

RandomErasingLayer::RandomErasingLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandomErasing"),
      factor_(factor_within(options_.factor, {0, 1}, "RandomErasing")),
      scale_(factor_within(options_.scale, {0, 1}, "RandomErasing", "scale")),
      range_(value_interval(options_.value_range, "RandomErasing")) {
  const auto& fill = options_.fill_value;
  if (fill && fill->shape().rank() != 0 && fill->shape() != Shape{3})
    fail("RandomErasing",
         "The `fill_value` argument should be a number (or a list of three numbers), got {} of "
         "them",
         fill->elements());
}

Transformation RandomErasingLayer::get_random_transformation(const Value& images) const {
  const auto along = [&](const Value& places, int64_t extent) {
    const Value part = sqrt(uniform(images, scale_));
    return between(places, extent, part, uniform(images, {0, 1}));
  };
  const Value columns = along(pixel_columns(images.shape()[2], images.dtype()), images.shape()[2]);
  const Value rows = along(pixel_rows(images.shape()[1], images.dtype()), images.shape()[1]);
  const Value fill = options_.fill_value ? Value(options_.fill_value->values().to(images.dtype()))
                                         : random_normal(images, 0, 1, seed()) * range_.upper;
  return {{"apply_erasing", chance(images, factor_)},
          {"batch_masks", logical_and(columns, rows)},
          {"fill_value", clipped(fill, range_)}};
}

Value RandomErasingLayer::transform_images(const Value& images, const Transformation& drawn) const {
  const Value erased = logical_and(drawn.at("batch_masks"), drawn.at("apply_erasing"));
  return select(erased, drawn.at("fill_value"), images);
}

TUTTI_REGISTER(Layer, MixUpLayer, "MixUp", "images mixed with others in training")
    .argument("alpha", &MixUpOptions::alpha, "of the beta distribution of weights")
    .with(declare_draws);
TUTTI_REGISTER(Layer, CutMixLayer, "CutMix", "boxes of other images in training")
    .argument("factor", &CutMixOptions::factor, "alpha of the beta distribution of what is kept")
    .with(declare_draws);
TUTTI_REGISTER(Layer, RandomErasingLayer, "RandomErasing", "a box erased in training")
    .argument("factor", &RandomErasingOptions::factor, "the probability of a change")
    .argument("scale", &RandomErasingOptions::scale, "squares of the box's parts of the extents")
    .argument("fill_value", &RandomErasingOptions::fill_value, "null: noise")
    .with(declare_value_range)
    .with(declare_draws);

}  // namespace tutti
