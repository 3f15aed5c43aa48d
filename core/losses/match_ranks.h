// How Keras brings two values that belong together to one rank: (rows,) and (rows, 1) meet as
// (rows, 1); elsewhere a last axis of 1 that the other has not is dropped.
#pragma once

#include <utility>

#include "core/graph/value.h"

namespace tutti {

std::pair<Value, Value> match_ranks(const Value& a, const Value& b);

// What labels look like beside predictions: Keras's rule where one name stands for three kinds
// ("accuracy", "crossentropy").
enum class LabelKind { binary, categorical, sparse };
LabelKind label_kind(const Shape& y_true, const Shape& y_pred);

// A weight with axes of 1 behind, so that it broadcasts from the rows on: (rows,) beside (rows, 4)
// becomes (rows, 1). Throws naming both shapes if it cannot.
Value align_weight(const Value& weight, const Value& values, const char* where);

// The elements of a value over all rows of the global batch, as a scalar of its dtype.
Value global_elements(const Value& value);

}  // namespace tutti
