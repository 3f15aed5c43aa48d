// Keras's class_weight: each row weighs what its class does, times its own weight.
#pragma once

#include <map>

#include "core/model/row_source.h"

namespace tutti {

// The classes of one target: integers (rows,) or (rows, 1), or one-hot rows. Unnamed classes
// weigh 1. Returns `rows` itself if there are no class weights.
RowSourcePtr with_class_weights(RowSourcePtr rows, const std::map<int64_t, double>& class_weight);

}  // namespace tutti
