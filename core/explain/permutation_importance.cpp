#include "core/explain/permutation_importance.h"

#include <cmath>
#include <cstring>
#include <numeric>

#include "core/base/error.h"
#include "core/base/numpy_random.h"

namespace tutti {

PermutationImportance permutation_importance(const std::function<double(const Tensor& x)>& score,
                                             const Tensor& x, int64_t n_repeats,
                                             uint32_t random_state) {
  if (x.shape().rank() != 2 || n_repeats < 1)
    fail("permutation_importance",
         "rows of shape {} and {} repeats; give (rows, features), 1 or more", to_string(x.shape()),
         n_repeats);
  const int64_t rows = x.rows(), features = x.shape()[1];
  const size_t element = size_of(x.dtype()), row_bytes = element * static_cast<size_t>(features);
  const double baseline = score(x);
  // As scikit-learn: one seed is drawn, and every column is shuffled from it.
  const uint32_t seed = NumpyRandomState(random_state).next() & 0x7fffffffu;
  PermutationImportance result{{}, {}, Matrix(features, n_repeats)};
  for (int64_t f = 0; f < features; ++f) {
    NumpyRandomState random(seed);
    std::vector<int64_t> order(static_cast<size_t>(rows));
    std::iota(order.begin(), order.end(), int64_t{0});
    const Tensor shuffled = x.to_host().clone();
    Tensor before = shuffled.clone();
    double sum = 0;
    for (int64_t repeat = 0; repeat < n_repeats; ++repeat) {
      random.shuffle(order);
      before.copy_from(shuffled);  // a column is shuffled again from where it is
      for (size_t i = 0; i < order.size(); ++i)
        std::memcpy(shuffled.raw() + i * row_bytes + static_cast<size_t>(f) * element,
                    before.raw() + static_cast<size_t>(order[i]) * row_bytes +
                        static_cast<size_t>(f) * element,
                    element);
      sum += result.importances(f, repeat) = baseline - score(shuffled);
    }
    const double mean = sum / static_cast<double>(n_repeats);
    double spread = 0;
    for (const double value : result.importances.row(f)) spread += (value - mean) * (value - mean);
    result.importances_mean.push_back(mean);
    result.importances_std.push_back(std::sqrt(spread / static_cast<double>(n_repeats)));
  }
  return result;
}

}  // namespace tutti
