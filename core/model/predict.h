// predict: a model's outputs for rows, batch by batch.
#pragma once

#include <vector>

#include "core/model/model.h"

namespace tutti {

// One tensor (rows, ...) per output, on the host. Each rank computes all rows by itself: it may be
// called by one rank alone.
std::vector<Tensor> predict_rows(Model& model, const RowSource& rows, int64_t batch);

}  // namespace tutti
