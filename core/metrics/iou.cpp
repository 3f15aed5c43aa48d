#include "core/metrics/iou.h"

#include <numeric>

#include "core/base/error.h"
#include "core/losses/loss.h"
#include "core/losses/match_ranks.h"
#include "core/ops/arg_reduce.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"
#include "core/ops/take.h"

namespace tutti::metrics {
namespace {

std::vector<int64_t> all_classes(int64_t count) {
  std::vector<int64_t> ids(static_cast<size_t>(std::max<int64_t>(count, 0)));
  std::iota(ids.begin(), ids.end(), int64_t{0});
  return ids;
}

// Class indices, one axis behind the rows.
Value classes_of(const Value& value, bool sparse, int axis) {
  return flatten(cast(sparse ? value : argmax(value, axis), DType::i64));
}

Value at_least(const Value& value, int64_t bound) {
  return greater_equal(value, static_cast<double>(bound));
}

}  // namespace

ClassOverlap::ClassOverlap(IoUOptions options, const char* where) : overlap_(std::move(options)) {
  if (overlap_.num_classes < 1)
    fail(where, "num_classes is {}; use 1 or more", overlap_.num_classes);
  if (overlap_.target_class_ids.empty())
    fail(where, "target_class_ids is empty; name the classes that count");
  for (const int64_t id : overlap_.target_class_ids)
    if (id < 0 || id >= overlap_.num_classes)
      fail(where, "target class {} is outside [0, {}); name a class", id, overlap_.num_classes);
}

std::vector<Value> ClassOverlap::sums(const Value& y_true, const Value& y_pred,
                                      const Value& sample_weight) const {
  const int64_t classes = overlap_.num_classes;
  const Value label = classes_of(y_true, overlap_.sparse_y_true, overlap_.axis),
              guess = classes_of(y_pred, overlap_.sparse_y_pred, overlap_.axis);
  if (label.shape() != guess.shape())
    fail(name(), "y_true has shape {}, y_pred {}; give one class for each element",
         to_string(y_true.shape()), to_string(y_pred.shape()));
  Value counts = logical_and(at_least(label, 0), logical_not(at_least(label, classes)));
  counts =
      logical_and(counts, logical_and(at_least(guess, 0), logical_not(at_least(guess, classes))));
  if (overlap_.ignore_class)
    counts = logical_and(counts, not_equal(label, static_cast<double>(*overlap_.ignore_class)));
  Value amount = cast(counts, DType::f32);
  if (sample_weight.defined()) {
    // Flattened like the labels where it has their shape; one number a row otherwise.
    const Value weight = cast(sample_weight, DType::f32);
    const bool each = weight.shape().elements_per_row() == label.shape()[1];
    amount = amount * align_weight(each ? flatten(weight) : weight, amount, name().c_str());
  }
  const Value place = label * static_cast<double>(classes) + guess;
  return {scatter_add(amount, select(counts, place, -1.0), classes * classes)};
}

double ClassOverlap::result(std::span<const double> totals) const {
  const auto classes = static_cast<size_t>(overlap_.num_classes);
  double sum = 0, valid = 0;
  for (const int64_t id : overlap_.target_class_ids) {
    const auto c = static_cast<size_t>(id);
    double either = -totals[c * classes + c];
    for (size_t i = 0; i < classes; ++i)
      either += totals[c * classes + i] + totals[i * classes + c];
    if (either <= 1e-9) continue;
    sum += totals[c * classes + c] / (either + losses::kEpsilon);
    ++valid;
  }
  return sum / (valid + losses::kEpsilon);
}

BinaryIoU::BinaryIoU(Options options)
    : ClassOverlap({.num_classes = 2, .target_class_ids = options.target_class_ids}, "BinaryIoU"),
      options_(std::move(options)) {}

std::vector<Value> BinaryIoU::sums(const Value& y_true, const Value& y_pred,
                                   const Value& sample_weight) const {
  return ClassOverlap::sums(y_true, greater_equal(y_pred, options_.threshold), sample_weight);
}

MeanIoU::MeanIoU(Options options)
    : ClassOverlap({options.num_classes, all_classes(options.num_classes), options.ignore_class,
                    options.sparse_y_true, options.sparse_y_pred, options.axis},
                   "MeanIoU"),
      options_(options) {}

OneHotIoU::OneHotIoU(Options options)
    : ClassOverlap({options.num_classes, options.target_class_ids, options.ignore_class, false,
                    options.sparse_y_pred, options.axis},
                   "OneHotIoU"),
      options_(std::move(options)) {}

OneHotMeanIoU::OneHotMeanIoU(Options options)
    : ClassOverlap({options.num_classes, all_classes(options.num_classes), options.ignore_class,
                    false, options.sparse_y_pred, options.axis},
                   "OneHotMeanIoU"),
      options_(options) {}

inline constexpr auto declare_classes = []<typename Builder>(Builder& builder) {
  builder.required("num_classes", &Builder::Options::num_classes, "how many classes there are");
};
inline constexpr auto declare_targets = []<typename Builder>(Builder& builder) {
  builder.required("target_class_ids", &Builder::Options::target_class_ids,
                   "the classes that count");
};
inline constexpr auto declare_ignored = []<typename Builder>(Builder& builder) {
  builder.argument("ignore_class", &Builder::Options::ignore_class, "a label that does not count");
};
inline constexpr auto declare_prediction = []<typename Builder>(Builder& builder) {
  using Options = typename Builder::Options;
  builder
      .argument("sparse_y_pred", &Options::sparse_y_pred,
                "y_pred holds class indices, not scores along axis")
      .argument("axis", &Options::axis, "of the classes");
};
TUTTI_REGISTER(Metric, IoU, "IoU", "intersection over union of some classes")
    .with(declare_classes)
    .with(declare_targets)
    .with(declare_ignored)
    .argument("sparse_y_true", &IoUOptions::sparse_y_true,
              "y_true holds class indices, not one-hot labels along axis")
    .with(declare_prediction);
TUTTI_REGISTER(Metric, BinaryIoU, "BinaryIoU", "intersection over union of two classes")
    .argument("target_class_ids", &BinaryIoUOptions::target_class_ids, "the classes that count")
    .argument("threshold", &BinaryIoUOptions::threshold, "from it on a prediction is class 1");
TUTTI_REGISTER(Metric, MeanIoU, "MeanIoU", "mean intersection over union of all classes")
    .with(declare_classes)
    .with(declare_ignored)
    .argument("sparse_y_true", &MeanIoUOptions::sparse_y_true,
              "y_true holds class indices, not one-hot labels along axis")
    .with(declare_prediction);
TUTTI_REGISTER(Metric, OneHotIoU, "OneHotIoU", "IoU of one-hot labels")
    .with(declare_classes)
    .with(declare_targets)
    .with(declare_ignored)
    .with(declare_prediction);
TUTTI_REGISTER(Metric, OneHotMeanIoU, "OneHotMeanIoU", "MeanIoU of one-hot labels")
    .with(declare_classes)
    .with(declare_ignored)
    .with(declare_prediction);

}  // namespace tutti::metrics
