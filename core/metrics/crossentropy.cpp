#include "core/metrics/crossentropy.h"

#include "core/losses/crossentropy.h"
#include "core/losses/match_ranks.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"

namespace tutti::metrics {
namespace {

losses::SparseCategoricalCrossentropy sparse_loss(
    const SparseCategoricalCrossentropyOptions& options) {
  return losses::SparseCategoricalCrossentropy(
      {options.from_logits, options.ignore_class, "sum_over_batch_size", options.axis});
}

}  // namespace

Value BinaryCrossentropy::values(const Value& y_true, const Value& y_pred) const {
  return losses::BinaryCrossentropy({options_.from_logits, options_.label_smoothing})
      .call(y_true, y_pred);
}

Value CategoricalCrossentropy::values(const Value& y_true, const Value& y_pred) const {
  return losses::CategoricalCrossentropy(
             {options_.from_logits, options_.label_smoothing, options_.axis})
      .call(y_true, y_pred);
}

Value SparseCategoricalCrossentropy::values(const Value& y_true, const Value& y_pred) const {
  const auto loss = sparse_loss(options_);
  const Value mask = loss.mask(y_true, y_pred);
  return mask.defined() ? loss.call(y_true, y_pred) * mask : loss.call(y_true, y_pred);
}

std::vector<Value> SparseCategoricalCrossentropy::sums(const Value& y_true, const Value& y_pred,
                                                       const Value& sample_weight) const {
  // As Keras counts: without weights an ignored label is a loss of 0, with weights it weighs 0.
  if (!options_.ignore_class || !sample_weight.defined())
    return MeanMetric::sums(y_true, y_pred, sample_weight);
  const auto [truth, prediction] = match_ranks(y_true, y_pred);
  const Value mask = sparse_loss(options_).mask(truth, prediction);
  const auto [kept, weight] = match_ranks(mask, cast(sample_weight, mask.dtype()));
  return MeanMetric::sums(y_true, y_pred, kept * align_weight(weight, kept, name().c_str()));
}

std::shared_ptr<Metric> CrossentropyByShape::for_shapes(const Shape& y_true, const Shape& y_pred,
                                                        bool sparse_labels) const {
  const LabelKind kind = label_kind(y_true, y_pred);
  if (kind == LabelKind::binary) return std::make_shared<BinaryCrossentropy>();
  if (kind == LabelKind::sparse || sparse_labels)
    return std::make_shared<SparseCategoricalCrossentropy>();
  return std::make_shared<CategoricalCrossentropy>();
}

Value CrossentropyByShape::values(const Value& y_true, const Value& y_pred) const {
  const auto metric = for_shapes(y_true.shape(), y_pred.shape(), false);
  return static_cast<const MeanMetric&>(*metric).values(y_true, y_pred);
}

TUTTI_REGISTER(Metric, BinaryCrossentropy, "BinaryCrossentropy", "of labels 0 and 1")
    .argument("from_logits", &BinaryCrossentropyOptions::from_logits, "y_pred holds logits")
    .argument("label_smoothing", &BinaryCrossentropyOptions::label_smoothing,
              "part of each label spread over both classes")
    .alias("bce")
    .alias("BCE");
TUTTI_REGISTER(Metric, CategoricalCrossentropy, "CategoricalCrossentropy", "of one-hot labels")
    .argument("from_logits", &CategoricalCrossentropyOptions::from_logits, "y_pred holds logits")
    .argument("label_smoothing", &CategoricalCrossentropyOptions::label_smoothing,
              "part of each label spread over all classes")
    .argument("axis", &CategoricalCrossentropyOptions::axis, "of the classes");
TUTTI_REGISTER(Metric, SparseCategoricalCrossentropy, "SparseCategoricalCrossentropy",
               "of class indices")
    .argument("from_logits", &SparseCategoricalCrossentropyOptions::from_logits,
              "y_pred holds logits")
    .argument("ignore_class", &SparseCategoricalCrossentropyOptions::ignore_class,
              "a label that does not count")
    .argument("axis", &SparseCategoricalCrossentropyOptions::axis, "of the classes");
TUTTI_REGISTER(Metric, CrossentropyByShape, "crossentropy",
               "one of the cross-entropies, by the shapes")
    .alias("ce");

}  // namespace tutti::metrics
