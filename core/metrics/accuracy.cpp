#include "core/metrics/accuracy.h"

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/ops/arg_reduce.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"

namespace tutti::metrics {
namespace {

void check_accuracy_shapes(const char* where, const Value& y_true, const Value& y_pred) {
  if (y_true.shape() != y_pred.shape())
    fail(where, "y_true has shape {}, y_pred {}; give both one shape", to_string(y_true.shape()),
         to_string(y_pred.shape()));
}

}  // namespace

Value Accuracy::values(const Value& y_true, const Value& y_pred) const {
  check_accuracy_shapes("Accuracy", y_true, y_pred);
  return cast(equal(cast(y_true, y_pred.dtype()), y_pred), DType::f32);
}

Value BinaryAccuracy::values(const Value& y_true, const Value& y_pred) const {
  check_accuracy_shapes("BinaryAccuracy", y_true, y_pred);
  const Value decided = cast(greater(y_pred, options_.threshold), y_true.dtype());
  return cast(equal(y_true, decided), DType::f32);
}

Value CategoricalAccuracy::values(const Value& y_true, const Value& y_pred) const {
  check_accuracy_shapes("CategoricalAccuracy", y_true, y_pred);
  return cast(equal(argmax(y_true, -1), argmax(y_pred, -1)), DType::f32);
}

Value SparseCategoricalAccuracy::values(const Value& y_true, const Value& y_pred) const {
  const bool extra = y_true.shape().rank() == y_pred.shape().rank() && y_true.shape()[-1] == 1;
  const Value chosen = argmax(y_pred, -1);
  const Value labels = cast(extra ? squeeze(y_true, -1) : y_true, chosen.dtype());
  if (labels.shape() != chosen.shape())
    fail("SparseCategoricalAccuracy",
         "labels have shape {}, y_pred {}; give one class index for each distribution",
         to_string(y_true.shape()), to_string(y_pred.shape()));
  return cast(equal(labels, chosen), DType::f32);
}

std::shared_ptr<Metric> AccuracyByShape::for_shapes(const Shape& y_true, const Shape& y_pred,
                                                    bool sparse_labels) const {
  switch (label_kind(y_true, y_pred)) {
    case LabelKind::binary:
      // One output for class indices cannot be told from a probability, as in Keras.
      return std::make_shared<BinaryAccuracy>();
    case LabelKind::sparse:
      return std::make_shared<SparseCategoricalAccuracy>();
    case LabelKind::categorical:
      break;
  }
  if (sparse_labels) return std::make_shared<SparseCategoricalAccuracy>();
  return std::make_shared<CategoricalAccuracy>();
}

Value AccuracyByShape::values(const Value& y_true, const Value& y_pred) const {
  const auto metric = for_shapes(y_true.shape(), y_pred.shape(), false);
  return static_cast<const MeanMetric&>(*metric).values(y_true, y_pred);
}

TUTTI_REGISTER(Metric, Accuracy, "Accuracy", "y_pred equals y_true");
TUTTI_REGISTER(Metric, BinaryAccuracy, "BinaryAccuracy", "y_true is whether y_pred > threshold")
    .argument("threshold", &BinaryAccuracyOptions::threshold, "above it counts as 1");
TUTTI_REGISTER(Metric, CategoricalAccuracy, "CategoricalAccuracy", "the same largest class");
TUTTI_REGISTER(Metric, SparseCategoricalAccuracy, "SparseCategoricalAccuracy",
               "the largest class is the label");
TUTTI_REGISTER(Metric, AccuracyByShape, "accuracy", "one of the accuracies, by the shapes")
    .alias("acc");

}  // namespace tutti::metrics
