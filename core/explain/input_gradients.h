// Explanations by the gradient of an output with respect to the input. Of models of one floating
// input; `unit` is the column of an output (rows, units) that is explained.
#pragma once

#include <vector>

#include "core/explain/explanation.h"
#include "core/model/model.h"

namespace tutti {

// d output[:, unit] / d rows, of the shape of the rows.
Tensor input_gradients(Model& model, const Tensor& rows, int64_t unit = 0);

// Saliency: the gradient's absolute value (Simonyan, Vedaldi and Zisserman, 2014).
Tensor saliency(Model& model, const Tensor& rows, int64_t unit = 0);

// Integrated gradients from a baseline (one row, zeros if none) to each row: contributions that add
// up to the difference of the outputs. By Gauss and Legendre's rule of `steps` points
// (Sundararajan, Taly and Yan, 2017).
Tensor integrated_gradients(Model& model, const Tensor& rows, const Tensor& baseline = {},
                            int64_t unit = 0, int64_t steps = 50);

struct GradientShapOptions {
  int64_t nsamples = 200;
  double local_smoothing = 0;  // deviation of a normal added to rows
  uint64_t seed = 0;
};
// Expected gradients (`shap`'s GradientExplainer): integrated gradients whose baseline is drawn
// from the background and whose point is drawn from the line, averaged.
ShapValues gradient_shap(Model& model, const Tensor& rows, const Tensor& background,
                         const GradientShapOptions& options = {});

}  // namespace tutti
