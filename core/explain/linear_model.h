// Linear models of a few features, in double precision, to scikit-learn's numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tutti {

struct Matrix {
  int64_t rows = 0, columns = 0;
  std::vector<double> values;  // row by row

  Matrix() = default;
  Matrix(int64_t rows, int64_t columns, std::vector<double> values);
  Matrix(int64_t rows, int64_t columns) : Matrix(rows, columns, {}) {}  // zeros
  double& operator()(int64_t row, int64_t column) {
    return values[static_cast<size_t>(row * columns + column)];
  }
  double operator()(int64_t row, int64_t column) const {
    return values[static_cast<size_t>(row * columns + column)];
  }
  std::span<const double> row(int64_t index) const {
    return std::span(values).subspan(static_cast<size_t>(index * columns),
                                     static_cast<size_t>(columns));
  }
  std::vector<double> column(int64_t index) const;
  Matrix take_columns(std::span<const int64_t> wanted) const;
};

// x of the symmetric system a x = b; the shortest one that fits best where `a` is singular.
std::vector<double> solve_symmetric(const Matrix& a, std::span<const double> b);

struct LinearFit {
  double intercept = 0;
  std::vector<double> coefficients;
  double score = 0;  // R^2, weighted

  double predict(std::span<const double> x) const;
};

// Minimises sum w (y - intercept - x c)^2 + alpha |c|^2.
LinearFit fit_ridge(const Matrix& x, std::span<const double> y, std::span<const double> weights,
                    double alpha);

// Least angle regression without intercept (Efron et al., 2004): the coefficients after each step,
// and the features in the order in which they entered. With `lasso` a feature whose coefficient
// reaches zero leaves again.
struct LarsPath {
  std::vector<std::vector<double>> coefficients;  // of all features, from all zero
  std::vector<int64_t> active;                    // at the end
};
LarsPath lars_path(const Matrix& x, std::span<const double> y, int64_t most_steps, bool lasso);

}  // namespace tutti
