// What an explainer says of a prediction: how much each feature contributed to one output.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "core/explain/linear_model.h"
#include "core/tensor/tensor.h"

namespace tutti {

// Rows (n, ...) to predictions (n), (n, 1) or (n, outputs); floating.
using PredictFunction = std::function<Tensor(const Tensor& rows)>;

// The predictions as a matrix (n, outputs). Throws ExitCode::data if the function returns anything
// else.
Matrix predictions_of(const PredictFunction& predict, const Tensor& rows, const char* where);

struct Contribution {
  int64_t feature = 0;
  std::string name;  // "age", or a condition: "age > 37.00"
  double weight = 0;
};

struct Explanation {
  int64_t output = 0;
  double base_value =
      0;  // what is given without the features: LIME's intercept, SHAP's expectation
  double prediction = 0;  // of the model, for this row
  std::vector<Contribution> contributions;
};
// A bar per feature, the largest first.
std::ostream& operator<<(std::ostream& out, const Explanation& explanation);

// base_values[o] + the sum over features of values[r, f, o] is predictions[r, o].
struct ShapValues {
  Tensor values;       // f64 (rows, features..., outputs)
  Tensor base_values;  // f64 (outputs)
  Tensor predictions;  // f64 (rows, outputs), through the link

  // All zero, for rows of this shape, axis 0 their number.
  static ShapValues zeros(const Shape& rows, int64_t outputs);

  // Of one row and output; names are the features' ("0", "1", ... if none), the largest first.
  Explanation explanation(int64_t row, int64_t output = 0,
                          const std::vector<std::string>& names = {}) const;
};

// Largest absolute weight first, equal ones in the order given.
void sort_by_weight(std::vector<Contribution>& contributions);

}  // namespace tutti
