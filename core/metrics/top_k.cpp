#include "core/metrics/top_k.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/losses/crossentropy.h"
#include "core/ops/arg_reduce.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/take_along.h"

namespace tutti::metrics {
namespace {

void check_k(const char* where, int64_t k) {
  if (k < 1) fail(where, "k is {}; use 1 or more", k);
}

Value among_largest(const Value& labels, const Value& scores, int64_t k) {
  const Value own = take_along(scores, labels);
  const Value larger = cast(greater(scores, expand_dims(own, -1)), DType::f32);
  const Value few = less(reduce_sum(larger, {-1}), static_cast<double>(k));
  return cast(logical_and(few, is_finite(own)), DType::f32);
}

}  // namespace

TopKCategoricalAccuracy::TopKCategoricalAccuracy(Options options) : MetricWith(options) {
  check_k("TopKCategoricalAccuracy", options_.k);
}

Value TopKCategoricalAccuracy::values(const Value& y_true, const Value& y_pred) const {
  losses::check_same_shape("TopKCategoricalAccuracy", y_true, y_pred);
  return among_largest(argmax(y_true, -1), y_pred, options_.k);
}

SparseTopKCategoricalAccuracy::SparseTopKCategoricalAccuracy(Options options)
    : MetricWith(options) {
  check_k("SparseTopKCategoricalAccuracy", options_.k);
}

Value SparseTopKCategoricalAccuracy::values(const Value& y_true, const Value& y_pred) const {
  const Value labels =
      losses::sparse_labels_of(y_true, y_pred, -1, "SparseTopKCategoricalAccuracy");
  if (!options_.from_sorted_ids) return among_largest(labels, y_pred, options_.k);
  const Value first = slice(y_pred, -1, 0, std::min(options_.k, y_pred.shape()[-1]));
  const Value found = equal(cast(first, DType::i64), expand_dims(labels, -1));
  return reduce_max(cast(found, DType::f32), {-1});
}

TUTTI_REGISTER(Metric, TopKCategoricalAccuracy, "TopKCategoricalAccuracy",
               "the class is among the k largest predictions")
    .argument("k", &TopKOptions::k, "how many predictions count");
TUTTI_REGISTER(Metric, SparseTopKCategoricalAccuracy, "SparseTopKCategoricalAccuracy",
               "the label is among the k largest predictions")
    .argument("k", &SparseTopKOptions::k, "how many predictions count")
    .argument("from_sorted_ids", &SparseTopKOptions::from_sorted_ids,
              "y_pred holds class indices, the likeliest first");

}  // namespace tutti::metrics
