#include "core/layers/augmentation_policies.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/layers/color_augmentation.h"
#include "core/layers/geometric_augmentation.h"
#include "core/layers/histogram_equalization.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/elementwise.h"
#include "core/ops/random_gamma.h"
#include "core/ops/softmax.h"

namespace tutti {
namespace {

// In Keras's order of RandAugment.
template <typename O>
NamedAugmentations augmentations_of(const O& o, const char* name) {
  const Interval within = factor_within(o.factor, {0, 1}, name);
  const NumberArray factor{within.lower, within.upper};
  const auto color = [&]<typename L>(L*) {
    return std::make_shared<L>(ColorOptions{factor, o.value_range, o.seed, {}});
  };
  const double bits = std::max(1.0, static_cast<double>(static_cast<int64_t>(8 * within.upper)));
  return {
      {"random_shear", std::make_shared<RandomShearLayer>(RandomShearOptions{
                           factor, factor, o.interpolation, "reflect", 0, {}, o.seed})},
      {"random_translation", std::make_shared<RandomTranslationLayer>(RandomTranslationOptions{
                                 factor, factor, "reflect", o.interpolation, o.seed})},
      {"random_rotation", std::make_shared<RandomRotationLayer>(
                              RandomRotationOptions{factor, "reflect", o.interpolation, o.seed})},
      {"random_brightness", color(static_cast<RandomBrightnessLayer*>(nullptr))},
      {"random_color_degeneration", color(static_cast<RandomColorDegenerationLayer*>(nullptr))},
      {"random_contrast", color(static_cast<RandomContrastLayer*>(nullptr))},
      {"random_sharpness", color(static_cast<RandomSharpnessLayer*>(nullptr))},
      {"random_posterization",
       std::make_shared<RandomPosterizationLayer>(ColorOptions{bits, o.value_range, o.seed, {}})},
      {"solarization", std::make_shared<SolarizationLayer>(
                           SolarizationOptions{factor, factor, o.value_range, o.seed})},
      {"auto_contrast", std::make_shared<AutoContrastLayer>(AutoContrastOptions{o.value_range})},
      {"equalization", std::make_shared<EqualizationLayer>(EqualizationOptions{o.value_range})},
  };
}

// Those that change brightness, colour, contrast and sharpness.
bool is_optional(const std::string& name) {
  return name == "random_brightness" || name == "random_color_degeneration" ||
         name == "random_contrast" || name == "random_sharpness";
}

// What the chosen layer makes of each row; beyond the last: the row itself.
Value chosen_of(const NamedAugmentations& layers, const Value& choice, const Value& images,
                const Transformation& drawn) {
  Value result = images;
  for (size_t i = 0; i < layers.size(); ++i) {
    const Value changed = layers[i].second->transform_images(images, inner(drawn, layers[i].first));
    result = select(equal(choice, static_cast<double>(i)), changed, result);
  }
  return result;
}

Transformation drawn_of(const NamedAugmentations& layers, const Value& images) {
  Transformation drawn;
  for (const auto& [name, layer] : layers)
    add_inner(drawn, name, layer->get_random_transformation(images));
  return drawn;
}

std::string step_name(int64_t chain, int64_t step) {
  return std::to_string(chain) + "." + std::to_string(step);
}

}  // namespace

RandAugmentLayer::RandAugmentLayer(Options options)
    : ImageAugmentationOf(std::move(options), "RandAugment"),
      layers_(augmentations_of(options_, "RandAugment")) {
  if (options_.num_ops < 0) fail("RandAugment", "num_ops is {}; use 0 or more", options_.num_ops);
}

Transformation RandAugmentLayer::get_random_transformation(const Value& images) const {
  Transformation drawn = drawn_of(layers_, images);
  const auto choices = static_cast<double>(layers_.size());
  if (options_.num_ops > 0)
    drawn["layer_idxes"] = floor(uniform(images, {0, choices}, options_.num_ops));
  return drawn;
}

Value RandAugmentLayer::transform_images(const Value& images, const Transformation& drawn) const {
  Value changed = images;
  for (int64_t i = 0; i < options_.num_ops; ++i)
    changed = chosen_of(layers_, column(drawn.at("layer_idxes"), i), changed, drawn);
  return changed;
}

AugMixLayer::AugMixLayer(Options options)
    : ImageAugmentationOf(std::move(options), "AugMix"),
      range_(value_interval(options_.value_range, "AugMix")),
      layers_(augmentations_of(options_, "AugMix")) {
  if (!options_.all_ops)
    std::erase_if(layers_, [](const auto& layer) { return is_optional(layer.first); });
  if (options_.num_chains < 1 || options_.chain_depth < 0 || !(options_.alpha > 0))
    fail("AugMix",
         "num_chains is {}, chain_depth {} and alpha {}; use one chain or more, a depth of 0 or "
         "more, alpha above 0",
         options_.num_chains, options_.chain_depth, options_.alpha);
}

Transformation AugMixLayer::get_random_transformation(const Value& images) const {
  const auto alpha = [&](int64_t columns) {
    return broadcast_to(Value(Tensor::full({}, options_.alpha, images.dtype())),
                        {images.shape()[0], 1, 1, columns}, images.kind());
  };
  Transformation drawn{
      {"chain_mixing_weights", softmax(random_log_gamma(alpha(options_.num_chains), seed()))},
      {"weight_sample", random_beta(alpha(1), alpha(1), seed())}};
  const auto choices = static_cast<double>(layers_.size() + 1);
  for (int64_t chain = 0; chain < options_.num_chains; ++chain)
    for (int64_t step = 0; step < options_.chain_depth; ++step) {
      Transformation of_step = drawn_of(layers_, images);
      of_step["choice"] = floor(uniform(images, {0, choices}));
      add_inner(drawn, step_name(chain, step), of_step);
    }
  return drawn;
}

Value AugMixLayer::transform_images(const Value& images, const Transformation& drawn) const {
  Value mixed;
  for (int64_t chain = 0; chain < options_.num_chains; ++chain) {
    Value changed = images;
    for (int64_t step = 0; step < options_.chain_depth; ++step) {
      const Transformation of_step = inner(drawn, step_name(chain, step));
      changed = chosen_of(layers_, of_step.at("choice"), changed, of_step);
    }
    const Value part = changed * column(drawn.at("chain_mixing_weights"), chain);
    mixed = mixed.defined() ? mixed + part : part;
  }
  const Value& weight = drawn.at("weight_sample");
  return clipped(weight * images + (1.0 - weight) * mixed, range_);
}

PipelineLayer::PipelineLayer(Options options) : options_(std::move(options)) {
  if (options_.layers.empty()) fail("Pipeline", "got no layers; give one or more");
}

std::vector<LayerPart> PipelineLayer::parts() const {
  std::vector<std::shared_ptr<Layer>> layers;
  for (const auto& layer : options_.layers) layers.push_back(layer.pointer());
  return listed_parts("layers", layers);
}

void PipelineLayer::build(const std::vector<Shape>&) {
  for (const auto& layer : options_.layers) layer->set_dtype(dtype());
}

std::vector<Value> PipelineLayer::call(const std::vector<Value>& inputs) {
  std::vector<Value> values = inputs;
  for (const auto& layer : options_.layers) values = apply_sublayer(*layer.pointer(), values);
  return values;
}

inline constexpr auto declare_policy = [](auto& builder) {
  using O = typename std::remove_reference_t<decltype(builder)>::Options;
  builder.with(declare_value_range)
      .argument("factor", &O::factor, "of each augmentation")
      .argument("interpolation", &O::interpolation, "between pixels: bilinear or nearest")
      .with(declare_draws);
};

TUTTI_REGISTER(Layer, RandAugmentLayer, "RandAugment", "some of eleven augmentations in training")
    .argument("num_ops", &RandAugmentOptions::num_ops, "how many, one after another")
    .with(declare_policy);
TUTTI_REGISTER(Layer, AugMixLayer, "AugMix", "a mean of chains of augmentations in training")
    .argument("num_chains", &AugMixOptions::num_chains, "of augmentations")
    .argument("chain_depth", &AugMixOptions::chain_depth, "augmentations of a chain")
    .argument("alpha", &AugMixOptions::alpha, "of the distributions of weights")
    .argument("all_ops", &AugMixOptions::all_ops, "brightness, colour, contrast, sharpness too")
    .with(declare_policy);
TUTTI_REGISTER(Layer, PipelineLayer, "Pipeline", "layers one after another")
    .required("layers", &PipelineOptions::layers, "in order");

}  // namespace tutti
