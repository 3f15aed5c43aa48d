// Permutation importance: how much a score falls when one column of the rows is shuffled. Breiman,
// "Random forests", 2001; draws and numbers of scikit-learn's permutation_importance.
#pragma once

#include <functional>
#include <vector>

#include "core/explain/linear_model.h"
#include "core/tensor/tensor.h"

namespace tutti {

struct PermutationImportance {
  std::vector<double> importances_mean, importances_std;  // per feature
  Matrix importances;                                     // (features, repeats)
};

// `score` takes rows like x (n, features), larger is better; it knows what they should give.
PermutationImportance permutation_importance(const std::function<double(const Tensor& x)>& score,
                                             const Tensor& x, int64_t n_repeats = 5,
                                             uint32_t random_state = 0);

}  // namespace tutti
