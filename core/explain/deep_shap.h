// Deep SHAP: DeepLIFT's multipliers (Shrikumar, Greenside and Kundaje, 2017), averaged over a
// background (Lundberg and Lee, 2017; `shap`'s DeepExplainer). One pass back through the graph for
// each background row; contributions add up to the difference of the outputs exactly.
#pragma once

#include "core/explain/explanation.h"
#include "core/model/model.h"

namespace tutti {

// Of a model of one floating input and one output (rows, units). What a node does to the change of
// its input against the background row:
//   linear ops               their gradient
//   functions of an element  the change of the output over that of the input (the rescale rule)
//   products of two changes  both orders of changing them, averaged
//   maxima over elements     the change of the maximum, at the elements that reach it
// Throws naming the op where a model has one of another kind.
ShapValues deep_shap(Model& model, const Tensor& rows, const Tensor& background);

}  // namespace tutti
