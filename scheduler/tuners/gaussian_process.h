// A Gaussian process over points of the unit cube: Matern's kernel with nu = 5/2, a length per
// coordinate; choices are 1 apart if they differ. Rasmussen and Williams, "Gaussian processes for
// machine learning", 2006, algorithm 2.1.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tutti {

struct GaussianKernel {
  std::vector<double> precision;  // 1 / length^2 of each coordinate
  double scale = 1;               // the variance of a value nothing is known of
  double noise = 1e-6;            // the variance of an observation of a value
};

// Points one after the other, each with as many coordinates.
using PointRows = std::vector<double>;

class GaussianProcess {
 public:
  GaussianProcess() = default;
  GaussianProcess(GaussianKernel kernel, std::vector<bool> is_choice);

  // Takes points more into the factor of the covariance. How points are divided into calls changes
  // the last bits of what comes later.
  void extend(std::span<const double> rows);
  // Forgets all points but the first `count`.
  void keep(size_t count) { size_ = count; }
  size_t size() const { return size_; }
  const GaussianKernel& kernel() const { return kernel_; }

  // What was observed at the points, once or in several ways (fantasies): `columns` of size().
  void observe(const std::vector<std::vector<double>>& columns);

  // Of the value at a point: a mean for each column, and the variance, never below 1e-12.
  struct Belief {
    std::vector<double> means;
    double variance = 0;
  };
  std::vector<Belief> believe(std::span<const double> rows) const;
  // Of the first column alone, at the price of a few microseconds a point.
  std::vector<double> means(std::span<const double> rows) const;
  // With derivatives: means_gradient[column * d + coordinate] and variance_gradient[coordinate];
  // those of choices mean nothing.
  struct Slope {
    Belief belief;
    std::vector<double> means_gradient, variance_gradient;
  };
  Slope slope(std::span<const double> point) const;
  // Values at points that are drawn together, from `normals`, as many numbers.
  std::vector<double> draw(std::span<const double> rows, std::span<const double> normals) const;

 private:
  // The covariance of a point with each of others, of whose coordinates each has its row of
  // `stride`; if `derivative`, also by the squared distance.
  void covariance(const double* point, const double* coordinates, size_t stride, size_t count,
                  double* out, double* derivative = nullptr) const;
  void covariance(const double* point, double* out, double* derivative = nullptr) const;
  void reserve(size_t count);

  GaussianKernel kernel_;
  std::vector<bool> is_choice_;
  size_t size_ = 0, stride_ = 0;
  std::vector<double> coordinates_;  // in rows of stride_
  std::vector<double> factor_;       // lower triangular, in rows of stride_
  std::vector<double> weights_;      // the inverse covariance times each column
  size_t columns_ = 0;
};

// The kernel under which `values` at the points are likeliest with Optuna's priors, found by L-BFGS
// from ones; with `noise` 1e-6 if `deterministic`. Values have mean 0 and deviation 1.
GaussianKernel fit_kernel(const PointRows& rows, const std::vector<double>& values,
                          const std::vector<bool>& is_choice, bool deterministic);
// What it minimizes: minus the logarithm of likelihood and priors, but for constants, and its
// gradient, at the logarithms of precisions, scale and noise - 1e-6.
double kernel_loss(const PointRows& rows, const std::vector<double>& values,
                   const std::vector<bool>& is_choice, bool deterministic,
                   std::span<const double> logarithms, std::span<double> gradient);

}  // namespace tutti
