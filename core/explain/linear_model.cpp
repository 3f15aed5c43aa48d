#include "core/explain/linear_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/base/error.h"

namespace tutti {

Matrix::Matrix(int64_t rows, int64_t columns, std::vector<double> given)
    : rows(rows), columns(columns), values(std::move(given)) {
  const auto size = static_cast<size_t>(rows * columns);
  if (values.empty()) values.resize(size);
  if (values.size() != size)
    fail("linear_model", "{} values for a matrix of {} x {}", values.size(), rows, columns);
}

std::vector<double> Matrix::column(int64_t index) const {
  std::vector<double> result(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) result[static_cast<size_t>(i)] = (*this)(i, index);
  return result;
}

Matrix Matrix::take_columns(std::span<const int64_t> wanted) const {
  Matrix result(rows, static_cast<int64_t>(wanted.size()));
  for (int64_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < wanted.size(); ++j)
      result(i, static_cast<int64_t>(j)) = (*this)(i, wanted[j]);
  return result;
}

namespace {

// Lower triangular L with L L' = a; nothing where `a` is not safely positive definite.
std::optional<Matrix> cholesky(const Matrix& a) {
  const int64_t n = a.rows;
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, a(i, i));
  Matrix l(n, n);
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = j; i < n; ++i) {
      double sum = a(i, j);
      for (int64_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      if (i > j)
        l(i, j) = sum / l(j, j);
      else if (sum > 1e-13 * largest)
        l(j, j) = std::sqrt(sum);
      else
        return std::nullopt;
    }
  return l;
}

std::vector<double> solve_cholesky(const Matrix& l, std::span<const double> b) {
  const int64_t n = l.rows;
  std::vector<double> x(b.begin(), b.end());
  const auto at = [&](int64_t i) -> double& { return x[static_cast<size_t>(i)]; };
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t k = 0; k < i; ++k) at(i) -= l(i, k) * at(k);
    at(i) /= l(i, i);
  }
  for (int64_t i = n; i-- > 0;) {
    for (int64_t k = i + 1; k < n; ++k) at(i) -= l(k, i) * at(k);
    at(i) /= l(i, i);
  }
  return x;
}

// One Jacobi rotation that makes a(p, q) zero, and the same of the eigenvectors.
void rotate(Matrix& a, Matrix& vectors, int64_t p, int64_t q) {
  const double theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
  const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::hypot(theta, 1.0));
  const double c = 1 / std::hypot(t, 1.0), s = t * c;
  const auto turn = [c, s](double& x, double& y) {
    const double old = x;
    x = c * old - s * y;
    y = s * old + c * y;
  };
  for (int64_t k = 0; k < a.rows; ++k) turn(a(k, p), a(k, q));
  for (int64_t k = 0; k < a.rows; ++k) turn(a(p, k), a(q, k));
  for (int64_t k = 0; k < a.rows; ++k) turn(vectors(k, p), vectors(k, q));
}

// By the eigenvalues that are not zero (Jacobi's method).
std::vector<double> solve_singular(Matrix a, std::span<const double> b) {
  const int64_t n = a.rows;
  Matrix vectors(n, n);
  for (int64_t i = 0; i < n; ++i) vectors(i, i) = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0, diagonal = 0;
    for (int64_t p = 0; p < n; ++p) {
      diagonal += a(p, p) * a(p, p);
      for (int64_t q = p + 1; q < n; ++q) off += a(p, q) * a(p, q);
    }
    if (off <= 1e-30 * diagonal) break;
    for (int64_t p = 0; p < n; ++p)
      for (int64_t q = p + 1; q < n; ++q)
        if (a(p, q) != 0) rotate(a, vectors, p, q);
  }
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(a(i, i)));
  std::vector<double> x(static_cast<size_t>(n));
  for (int64_t e = 0; e < n; ++e) {
    if (std::abs(a(e, e)) <= 1e-12 * largest) continue;
    double along = 0;
    for (int64_t k = 0; k < n; ++k) along += vectors(k, e) * b[static_cast<size_t>(k)];
    for (int64_t k = 0; k < n; ++k) x[static_cast<size_t>(k)] += vectors(k, e) * along / a(e, e);
  }
  return x;
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

std::vector<double> solve_symmetric(const Matrix& a, std::span<const double> b) {
  const auto l = cholesky(a);
  return l ? solve_cholesky(*l, b) : solve_singular(a, b);
}

double LinearFit::predict(std::span<const double> x) const {
  return intercept + dot(coefficients, x);
}

LinearFit fit_ridge(const Matrix& x, std::span<const double> y, std::span<const double> weights,
                    double alpha) {
  const int64_t n = x.rows, k = x.columns;
  double total = 0, y_mean = 0;
  std::vector<double> x_mean(static_cast<size_t>(k));
  for (int64_t i = 0; i < n; ++i) {
    const auto r = static_cast<size_t>(i);
    total += weights[r];
    y_mean += weights[r] * y[r];
    for (int64_t j = 0; j < k; ++j) x_mean[static_cast<size_t>(j)] += weights[r] * x(i, j);
  }
  y_mean /= total;
  for (double& mean : x_mean) mean /= total;

  Matrix normal(k, k);
  std::vector<double> right(static_cast<size_t>(k)), centred(static_cast<size_t>(k));
  for (int64_t i = 0; i < n; ++i) {
    const auto r = static_cast<size_t>(i);
    for (size_t j = 0; j < centred.size(); ++j) centred[j] = x.row(i)[j] - x_mean[j];
    for (int64_t a = 0; a < k; ++a) {
      const double scaled = weights[r] * centred[static_cast<size_t>(a)];
      right[static_cast<size_t>(a)] += scaled * (y[r] - y_mean);
      for (int64_t b = 0; b <= a; ++b) normal(a, b) += scaled * centred[static_cast<size_t>(b)];
    }
  }
  for (int64_t a = 0; a < k; ++a) {
    normal(a, a) += alpha;
    for (int64_t b = 0; b < a; ++b) normal(b, a) = normal(a, b);
  }

  LinearFit fit;
  fit.coefficients = solve_symmetric(normal, right);
  fit.intercept = y_mean - dot(fit.coefficients, x_mean);
  double residual = 0, spread = 0;
  for (int64_t i = 0; i < n; ++i) {
    const auto r = static_cast<size_t>(i);
    residual += weights[r] * std::pow(y[r] - fit.predict(x.row(i)), 2);
    spread += weights[r] * std::pow(y[r] - y_mean, 2);
  }
  fit.score = spread > 0 ? 1 - residual / spread : (residual > 0 ? 0 : 1);
  return fit;
}

namespace {

template <typename T>
decltype(auto) at(T& values, int64_t index) {
  return values[static_cast<size_t>(index)];
}

// One walk of least angle regression.
class Lars {
 public:
  Lars(const Matrix& x, std::span<const double> y)
      : gram_(x.columns, x.columns),
        coefficients_(static_cast<size_t>(x.columns)),
        barred_(coefficients_.size()) {
    for (int64_t a = 0; a < x.columns; ++a) {
      const auto column = x.column(a);
      correlation_.push_back(dot(column, y));
      for (int64_t b = 0; b <= a; ++b) gram_(a, b) = gram_(b, a) = dot(column, x.column(b));
    }
    for (const double c : correlation_) tiny_ = std::max(tiny_, 1e-12 * std::abs(c));
  }

  // False where no feature is left that correlates with what remains.
  bool step(bool lasso) {
    if (!dropped_ && !enter()) return false;
    dropped_ = false;
    std::vector<double> signs;
    for (const int64_t j : active_) signs.push_back(at(correlation_, j) < 0 ? -1 : 1);
    std::vector<double> direction = solve_symmetric(gram_of_active(), signs);
    const double norm = 1 / std::sqrt(dot(direction, signs));
    for (double& d : direction) d *= norm;
    std::vector<double> slope(coefficients_.size());  // of every correlation, along the direction
    for (size_t j = 0; j < slope.size(); ++j)
      for (size_t a = 0; a < active_.size(); ++a)
        slope[j] += gram_(static_cast<int64_t>(j), active_[a]) * direction[a];

    double length = length_to_next(norm, slope);
    size_t leaving = active_.size();
    for (size_t a = 0; lasso && a < active_.size(); ++a) {
      const double to_zero = -at(coefficients_, active_[a]) / direction[a];
      if (to_zero > 1e-14 && to_zero < length) length = to_zero, leaving = a;
    }
    for (size_t a = 0; a < active_.size(); ++a)
      at(coefficients_, active_[a]) += length * direction[a];
    for (size_t j = 0; j < slope.size(); ++j) correlation_[j] -= length * slope[j];
    if (leaving < active_.size()) {
      at(coefficients_, active_[leaving]) = 0;
      active_.erase(active_.begin() + static_cast<int64_t>(leaving));
      dropped_ = true;
    }
    return true;
  }

  const std::vector<double>& coefficients() const { return coefficients_; }
  const std::vector<int64_t>& active() const { return active_; }

 private:
  bool is_active(int64_t j) const {
    return std::find(active_.begin(), active_.end(), j) != active_.end();
  }

  Matrix gram_of_active() const {
    const auto n = static_cast<int64_t>(active_.size());
    Matrix result(n, n);
    for (int64_t a = 0; a < n; ++a)
      for (int64_t b = 0; b < n; ++b) result(a, b) = gram_(at(active_, a), at(active_, b));
    return result;
  }

  // The feature that correlates most; one that those within determine is barred.
  bool enter() {
    for (;;) {
      int64_t best = -1;
      for (int64_t j = 0; j < gram_.rows; ++j)
        if (!is_active(j) && !at(barred_, j) &&
            (best < 0 || std::abs(at(correlation_, j)) > std::abs(at(correlation_, best))))
          best = j;
      if (best < 0 || std::abs(at(correlation_, best)) <= tiny_) return false;
      active_.push_back(best);
      if (cholesky(gram_of_active())) return true;
      active_.pop_back();
      at(barred_, best) = true;
    }
  }

  // How far until another feature correlates as much as the active ones, or nothing is left.
  double length_to_next(double norm, const std::vector<double>& slope) const {
    const double most = std::abs(at(correlation_, active_[0]));
    double length = most / norm;
    for (int64_t j = 0; j < gram_.rows; ++j) {
      if (is_active(j) || at(barred_, j)) continue;
      for (const double sign : {1.0, -1.0}) {
        const double there = (most - sign * at(correlation_, j)) / (norm - sign * at(slope, j));
        if (there > 1e-14 && there < length) length = there;
      }
    }
    return length;
  }

  Matrix gram_;
  std::vector<double> correlation_, coefficients_;
  std::vector<char> barred_;
  std::vector<int64_t> active_;
  double tiny_ = 0;
  bool dropped_ = false;
};

}  // namespace

LarsPath lars_path(const Matrix& x, std::span<const double> y, int64_t most_steps, bool lasso) {
  Lars lars(x, y);
  LarsPath path;
  path.coefficients.push_back(lars.coefficients());
  for (int64_t i = 0; i < most_steps && lars.step(lasso); ++i)
    path.coefficients.push_back(lars.coefficients());
  path.active = lars.active();
  return path;
}

}  // namespace tutti
