// What a model's outputs say of rows: probabilities and classes.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"
#include "launch/job.h"

namespace tutti {

// In f64, without overflow: softmax over the last axis, or sigmoid where it has one element.
Tensor probabilities_of(const Tensor& logits);
// The class of each row: the largest output, or whether a single one (a probability) is above a
// half.
std::vector<int64_t> classes_of(const Tensor& probabilities);
// Whether outputs that this loss is for are logits; false for null.
bool gives_logits(const schema::Kind* loss);

}  // namespace tutti
