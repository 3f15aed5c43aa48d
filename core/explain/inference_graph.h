// A trained model as a function of its input, to be differentiated.
#pragma once

#include <vector>

#include "core/graph/graph.h"
#include "core/model/model.h"

namespace tutti {

// The model's only input and one of its outputs, as when not training: (None, ...) and (None, ...).
struct InferenceGraph {
  Value input, output;
};
// Throws ExitCode::data for a model of several inputs, for an input that is not floating, or where
// there is no such output.
InferenceGraph inference_graph(Model& model, const Tensor& rows, int64_t output = 0);

// Values of that graph, and of what was derived from it, for rows of its inputs; each rank by
// itself. All tensors have the same rows; so have the results.
std::vector<Tensor> run_rows(const std::vector<Value>& inputs, const std::vector<Value>& wanted,
                             const std::vector<Tensor>& rows);

// Throws unless `others` are rows of the same shape, one or more; `what` they are called.
void check_like_rows(const Tensor& others, const Tensor& rows, const char* what);

// One column of an output (None, units): (None, 1). What gradients begin with is ones of its shape.
Value output_column(const Value& output, int64_t unit);

}  // namespace tutti
