// What a model without a job takes of a table, and what outputs say of rows: probabilities and
// classes.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/model.h"
#include "io/table.h"
#include "launch/job.h"

namespace tutti {

// The columns side by side as rows of a model's input, in its shape and dtype. Throws Error (data)
// naming the input where there are more or fewer values, or text for numbers.
Tensor input_of_table(const Table& table, const std::string& name, const Value& input);

// In f64, without overflow: softmax over the last axis, or sigmoid where it has one element.
Tensor probabilities_of(const Tensor& logits);
// The class of each row: the largest output, or whether a single one (a probability) is above a
// half.
std::vector<int64_t> classes_of(const Tensor& probabilities);
// Whether outputs that this loss is for are logits; false for null.
bool gives_logits(const schema::Kind* loss);

}  // namespace tutti
