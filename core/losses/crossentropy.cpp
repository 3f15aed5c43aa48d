#include "core/losses/crossentropy.h"

#include "core/base/error.h"
#include "core/layers/layer_output.h"
#include "core/losses/match_ranks.h"
#include "core/losses/regression.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/one_hot.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/softmax_cross_entropy.h"
#include "core/ops/transpose.h"

namespace tutti::losses {
namespace {

// The class axis moved last.
Value classes_last(const Value& value, int axis, const char* where) {
  const int rank = value.shape().rank();
  axis = normalize_axis(axis, rank, where);
  if (axis == rank - 1) return value;
  std::vector<int> order;
  for (int i = 0; i < rank; ++i)
    if (i != axis) order.push_back(i);
  order.push_back(axis);
  return transpose(value, order);
}

}  // namespace

void check_smoothing(const char* where, double smoothing) {
  if (!(smoothing >= 0 && smoothing <= 1))
    fail(where, "label_smoothing is {}; use a number from 0 to 1", smoothing);
}

void check_same_shape(const char* where, const Value& y_true, const Value& y_pred) {
  if (y_true.shape() != y_pred.shape())
    fail(where, "y_true has shape {}, y_pred {}; give both one shape", to_string(y_true.shape()),
         to_string(y_pred.shape()));
}

Value cut_probabilities(const Value& p) { return minimum(maximum(p, kEpsilon), 1.0 - kEpsilon); }

Value sparse_labels_of(const Value& y_true, const Value& y_pred, int axis, const char* where) {
  axis = normalize_axis(axis, y_pred.shape().rank(), where);
  const bool extra = y_true.shape().rank() == y_pred.shape().rank() && y_true.shape()[axis] == 1;
  const Value labels = extra ? squeeze(y_true, axis) : y_true;
  std::vector<int64_t> expected = y_pred.shape().dims();
  expected.erase(expected.begin() + axis);
  if (labels.shape() != Shape(expected))
    fail(where,
         "labels have shape {}, y_pred {}; give one class index for each distribution, or use "
         "CategoricalCrossentropy for one-hot labels",
         to_string(y_true.shape()), to_string(y_pred.shape()));
  return cast(labels, DType::i64);
}

Value logits_of(const Value& probabilities, const char* activation) {
  const Value made = unmarked(probabilities);
  if (made.node()->op->name() != activation) return {};
  return made.node()->inputs[0];
}

BinaryCrossentropy::BinaryCrossentropy(Options options)
    : Loss(options.reduction), options_(std::move(options)) {
  check_smoothing("BinaryCrossentropy", options_.label_smoothing);
}

Value BinaryCrossentropy::call(const Value& y_true, const Value& y_pred) const {
  check_same_shape("BinaryCrossentropy", y_true, y_pred);
  Value target = cast(y_true, y_pred.dtype());
  const double smoothing = options_.label_smoothing;
  if (smoothing != 0) target = target * (1.0 - smoothing) + 0.5 * smoothing;
  const Value logits = options_.from_logits ? y_pred : logits_of(y_pred, "sigmoid");
  if (logits.defined()) return mean_over_last(softplus(logits) - target * logits, options_.axis);
  const Value p = cut_probabilities(y_pred);
  return mean_over_last(-(target * log(p) + (1.0 - target) * log(1.0 - p)), options_.axis);
}

CategoricalCrossentropy::CategoricalCrossentropy(Options options)
    : Loss(options.reduction), options_(std::move(options)) {
  check_smoothing("CategoricalCrossentropy", options_.label_smoothing);
}

Value CategoricalCrossentropy::call(const Value& labels, const Value& y_pred) const {
  constexpr const char* where = "CategoricalCrossentropy";
  // Class indices stand for their one-hot rows.
  const bool indices =
      !is_floating(labels.dtype()) && labels.shape().rank() + 1 == y_pred.shape().rank();
  const Value y_true =
      indices && options_.axis == -1 ? one_hot(labels, y_pred.shape()[-1]) : labels;
  check_same_shape(where, y_true, y_pred);
  Value target = classes_last(cast(y_true, y_pred.dtype()), options_.axis, where);
  const Value output = classes_last(y_pred, options_.axis, where);
  const double smoothing = options_.label_smoothing;
  if (smoothing != 0)
    target = target * (1.0 - smoothing) + smoothing / static_cast<double>(target.shape()[-1]);
  const Value logits = options_.from_logits ? output : logits_of(output, "softmax");
  if (logits.defined()) return softmax_cross_entropy(logits, target);
  const Value p = cut_probabilities(output / reduce_sum(output, {-1}, true));
  return -reduce_sum(target * log(p), {-1});
}

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(Options options)
    : Loss(options.reduction), options_(std::move(options)) {}

Value SparseCategoricalCrossentropy::call(const Value& y_true, const Value& y_pred) const {
  constexpr const char* where = "SparseCategoricalCrossentropy";
  Value labels = sparse_labels_of(y_true, y_pred, options_.axis, where);
  const Value output = classes_last(y_pred, options_.axis, where);
  if (options_.ignore_class) {
    // Any class will do: the mask leaves the row out, and an ignored label may be out of range.
    const Value ignored =
        Value(Tensor::full({}, static_cast<double>(*options_.ignore_class), DType::i64));
    labels = select(equal(labels, ignored), 0.0, labels);
  }
  Value logits = options_.from_logits ? output : logits_of(output, "softmax");
  // softmax of log p is p over its sum.
  if (!logits.defined()) logits = log(cut_probabilities(output));
  return softmax_cross_entropy(logits, labels);
}

std::optional<int64_t> SparseCategoricalCrossentropy::label_classes(const Shape& y_pred) const {
  if (options_.ignore_class) return std::nullopt;  // an ignored label may be out of range
  return y_pred[options_.axis];
}

Value SparseCategoricalCrossentropy::mask(const Value& y_true, const Value& y_pred) const {
  if (!options_.ignore_class) return {};
  const Value labels =
      sparse_labels_of(y_true, y_pred, options_.axis, "SparseCategoricalCrossentropy");
  const Value ignored =
      Value(Tensor::full({}, static_cast<double>(*options_.ignore_class), DType::i64));
  return cast(not_equal(labels, ignored), y_pred.dtype());
}

Value CrossentropyByShape::call(const Value& y_true, const Value& y_pred) const {
  switch (label_kind(y_true.shape(), y_pred.shape())) {
    case LabelKind::binary:
      return BinaryCrossentropy().call(y_true, y_pred);
    case LabelKind::sparse:
      return SparseCategoricalCrossentropy().call(y_true, y_pred);
    case LabelKind::categorical:
      break;
  }
  return CategoricalCrossentropy().call(y_true, y_pred);
}

std::optional<int64_t> CrossentropyByShape::label_classes(const Shape& y_pred) const {
  if (label_kind(y_pred, y_pred) == LabelKind::binary) return std::nullopt;
  return y_pred[-1];
}

inline constexpr auto declare_crossentropy = []<typename Builder>(Builder& builder) {
  builder
      .argument("from_logits", &CrossentropyOptions::from_logits,
                "y_pred holds logits, not probabilities")
      .argument("label_smoothing", &CrossentropyOptions::label_smoothing,
                "part of each label spread over all classes")
      .argument("axis", &CrossentropyOptions::axis, "of the classes")
      .with(declare_reduction);
};
TUTTI_REGISTER(Loss, BinaryCrossentropy, "BinaryCrossentropy", "of labels 0 and 1")
    .with(declare_crossentropy)
    .alias("bce")
    .alias("BCE");
TUTTI_REGISTER(Loss, CategoricalCrossentropy, "CategoricalCrossentropy", "of one-hot labels")
    .with(declare_crossentropy);
TUTTI_REGISTER(Loss, SparseCategoricalCrossentropy, "SparseCategoricalCrossentropy",
               "of class indices")
    .argument("from_logits", &SparseCrossentropyOptions::from_logits,
              "y_pred holds logits, not probabilities")
    .argument("ignore_class", &SparseCrossentropyOptions::ignore_class,
              "a label that does not count")
    .with(declare_reduction)
    .argument("axis", &SparseCrossentropyOptions::axis, "of the classes");
TUTTI_REGISTER(Loss, CrossentropyByShape, "crossentropy",
               "one of the cross-entropies, by the shapes")
    .with(declare_reduction)
    .alias("ce");

}  // namespace tutti::losses
