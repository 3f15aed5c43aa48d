#include "core/explain/lime_image.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/random.h"

namespace tutti {
namespace {

// The image with every segment hidden: in one colour, or each in its mean.
std::vector<double> hidden_image(const Tensor& image, const Segments& segments,
                                 std::optional<double> color) {
  auto values = image.to_vector<double>();
  const auto channels = static_cast<size_t>(image.shape()[2]);
  if (color) {
    std::fill(values.begin(), values.end(), *color);
    return values;
  }
  std::vector<double> sums(static_cast<size_t>(segments.count) * channels);
  std::vector<double> pixels(static_cast<size_t>(segments.count));
  for (size_t i = 0; i < segments.labels.size(); ++i) {
    const auto label = static_cast<size_t>(segments.labels[i]);
    pixels[label] += 1;
    for (size_t c = 0; c < channels; ++c) sums[label * channels + c] += values[i * channels + c];
  }
  for (size_t i = 0; i < segments.labels.size(); ++i) {
    const auto label = static_cast<size_t>(segments.labels[i]);
    for (size_t c = 0; c < channels; ++c)
      values[i * channels + c] = sums[label * channels + c] / pixels[label];
  }
  return values;
}

}  // namespace

std::vector<LimeExplanation> LimeImageExplainer::explain_masks(const Tensor& image,
                                                               const PredictFunction& predict,
                                                               const Segments& segments,
                                                               const Matrix& masks,
                                                               const LimeRequest& request) const {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || shape[0] != segments.height || shape[1] != segments.width ||
      masks.columns != segments.count)
    fail("lime", "an image of shape {}, segments of ({}, {}) and masks of {} columns; they differ",
         to_string(shape), segments.height, segments.width, masks.columns);
  const auto shown = image.to_vector<double>();
  const auto hidden = hidden_image(image, segments, options_.hide_color);
  const auto channels = static_cast<size_t>(shape[2]);
  LimeNeighborhood around;
  around.features = masks;
  around.distances = distances_to_first(masks, LimeDistance::cosine);
  for (int64_t begin = 0; begin < masks.rows; begin += options_.batch_size) {
    const int64_t count = std::min(options_.batch_size, masks.rows - begin);
    std::vector<double> batch;
    for (int64_t i = begin; i < begin + count; ++i)
      for (size_t at = 0; at < shown.size(); ++at) {
        const bool visible = masks(i, segments.labels[at / channels]) != 0;
        batch.push_back(visible ? shown[at] : hidden[at]);
      }
    const Tensor images =
        Tensor::from(batch, {count, shape[0], shape[1], shape[2]}).to(image.dtype());
    const Matrix predictions = predictions_of(predict, images, "lime");
    around.predictions.rows += count;
    around.predictions.columns = predictions.columns;
    around.predictions.values.insert(around.predictions.values.end(), predictions.values.begin(),
                                     predictions.values.end());
  }
  auto explanations =
      explain_outputs(around, request, {10, options_.kernel_width, options_.feature_selection});
  for (auto& explanation : explanations)
    for (auto& item : explanation.contributions)
      item.name = fmt::format("segment {}", item.feature);
  return explanations;
}

std::vector<LimeExplanation> LimeImageExplainer::explain_instance(
    const Tensor& image, const PredictFunction& predict, const Segments& segments,
    const LimeRequest& request) const {
  if (request.num_samples < 2)
    fail("lime", "num_samples is {}; use some hundreds", request.num_samples);
  Matrix masks(request.num_samples, segments.count);
  Random random(options_.seed);
  for (double& value : masks.values) value = static_cast<double>(random.below(2));
  std::fill_n(masks.values.begin(), segments.count, 1.0);
  return explain_masks(image, predict, segments, masks, request);
}

}  // namespace tutti
