#include "scheduler/tuners/gaussian_process.h"

#include <Eigen/Dense>
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;
using Factor = Eigen::Map<RowMatrix, 0, Stride>;
using ConstFactor = Eigen::Map<const RowMatrix, 0, Stride>;

Eigen::Index index(size_t i) { return static_cast<Eigen::Index>(i); }

constexpr double kLeastVariance = 1e-12;

// Adds the squared distances of places from one, as far as they matter.
TUTTI_WIDEST_VECTORS
void add_distance(const double* __restrict places, double at, double precision, size_t count,
                  double* __restrict out) {
  for (size_t i = 0; i < count; ++i) {
    const double apart = places[i] - at;
    out[i] += precision * (apart * apart);
  }
}

// The same of choices.
TUTTI_WIDEST_VECTORS
void add_difference(const double* __restrict places, double at, double precision, size_t count,
                    double* __restrict out) {
  for (size_t i = 0; i < count; ++i) out[i] += places[i] == at ? 0 : precision;
}

// Of squared distances, the Matern kernel in their place.
TUTTI_WIDEST_VECTORS
void matern(double scale, size_t count, double* __restrict out) {
  for (size_t i = 0; i < count; ++i) {
    const double root = std::sqrt(5 * out[i]);
    out[i] = scale * (1 + root + root * root / 3) * portable_exp(-root);
  }
}

// And its derivative.
TUTTI_WIDEST_VECTORS
void matern_slope(const double* __restrict distances, double scale, size_t count,
                  double* __restrict slope) {
  for (size_t i = 0; i < count; ++i) {
    const double root = std::sqrt(5 * distances[i]);
    slope[i] = -5.0 / 6 * scale * (1 + root) * portable_exp(-root);
  }
}

// In lanes, so that the order of the sum is the same whatever the compiler vectorizes.
TUTTI_WIDEST_VECTORS
double product(const double* __restrict a, const double* __restrict b, size_t count) {
  constexpr size_t kLanes = 8;
  double sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (; i < count; ++i) sums[i % kLanes] += a[i] * b[i];
  return std::accumulate(sums, sums + kLanes, 0.0);
}

}  // namespace

GaussianProcess::GaussianProcess(GaussianKernel kernel, std::vector<bool> is_choice)
    : kernel_(std::move(kernel)), is_choice_(std::move(is_choice)) {}

void GaussianProcess::covariance(const double* point, const double* coordinates, size_t stride,
                                 size_t count, double* out, double* derivative) const {
  std::fill_n(out, count, 0.0);
  for (size_t c = 0; c < is_choice_.size(); ++c)
    (is_choice_[c] ? add_difference : add_distance)(coordinates + c * stride, point[c],
                                                    kernel_.precision[c], count, out);
  if (derivative) matern_slope(out, kernel_.scale, count, derivative);
  matern(kernel_.scale, count, out);
}

void GaussianProcess::covariance(const double* point, double* out, double* derivative) const {
  covariance(point, coordinates_.data(), stride_, size_, out, derivative);
}

void GaussianProcess::reserve(size_t count) {
  if (count <= stride_) return;
  const size_t d = is_choice_.size(), stride = std::max<size_t>(64, std::bit_ceil(count));
  std::vector<double> factor(stride * stride), coordinates(d * stride);
  for (size_t c = 0; c < d; ++c)
    std::copy_n(coordinates_.begin() + static_cast<std::ptrdiff_t>(c * stride_), size_,
                coordinates.begin() + static_cast<std::ptrdiff_t>(c * stride));
  for (size_t i = 0; i < size_; ++i)
    std::copy_n(factor_.begin() + static_cast<std::ptrdiff_t>(i * stride_), size_,
                factor.begin() + static_cast<std::ptrdiff_t>(i * stride));
  factor_ = std::move(factor);
  coordinates_ = std::move(coordinates);
  stride_ = stride;
}

void GaussianProcess::extend(std::span<const double> rows) {
  const size_t d = is_choice_.size(), more = rows.size() / d, all = size_ + more;
  reserve(all);
  for (size_t i = 0; i < rows.size(); ++i) coordinates_[i % d * stride_ + size_ + i / d] = rows[i];
  for (size_t i = 0; i < more; ++i)
    covariance(&rows[i * d], coordinates_.data(), stride_, all, &factor_[(size_ + i) * stride_]);
  Factor factor(factor_.data(), index(all), index(all), Stride(index(stride_)));
  auto below = factor.block(index(size_), 0, index(more), index(size_));
  if (size_ > 0)
    factor.topLeftCorner(index(size_), index(size_))
        .triangularView<Eigen::Lower>()
        .transpose()
        .solveInPlace<Eigen::OnTheRight>(below);
  RowMatrix rest = factor.bottomRightCorner(index(more), index(more)) - below * below.transpose();
  // Rounding can leave too little for a point that is almost another one.
  double noise = kernel_.noise;
  for (;; noise *= 10) {
    const RowMatrix noisy = rest + noise * RowMatrix::Identity(index(more), index(more));
    const Eigen::LLT<RowMatrix> made(noisy);
    if (made.info() != Eigen::Success && noise < 1e6) continue;
    factor.bottomRightCorner(index(more), index(more)) = made.matrixL();
    break;
  }
  size_ = all;
}

void GaussianProcess::observe(const std::vector<std::vector<double>>& columns) {
  columns_ = columns.size();
  weights_.resize(columns_ * size_);
  const ConstFactor factor(factor_.data(), index(size_), index(size_), Stride(index(stride_)));
  for (size_t c = 0; c < columns_; ++c) {
    Eigen::Map<Eigen::VectorXd> weights(&weights_[c * size_], index(size_));
    for (size_t i = 0; i < size_; ++i) weights[index(i)] = columns[c][i];
    factor.triangularView<Eigen::Lower>().solveInPlace(weights);
    factor.triangularView<Eigen::Lower>().transpose().solveInPlace(weights);
  }
}

std::vector<double> GaussianProcess::means(std::span<const double> rows) const {
  const size_t d = is_choice_.size();
  std::vector<double> near(size_), means;
  for (size_t p = 0; p < rows.size() / d; ++p) {
    covariance(&rows[p * d], near.data());
    means.push_back(product(near.data(), weights_.data(), size_));
  }
  return means;
}

std::vector<GaussianProcess::Belief> GaussianProcess::believe(std::span<const double> rows) const {
  const size_t d = is_choice_.size(), count = rows.size() / d;
  Eigen::MatrixXd near(index(size_), index(count));
  for (size_t p = 0; p < count; ++p) covariance(&rows[p * d], near.col(index(p)).data());
  const Eigen::Map<const Eigen::MatrixXd> weights(weights_.data(), index(size_), index(columns_));
  const Eigen::MatrixXd means = weights.transpose() * near;
  const ConstFactor factor(factor_.data(), index(size_), index(size_), Stride(index(stride_)));
  factor.triangularView<Eigen::Lower>().solveInPlace(near);
  std::vector<Belief> beliefs(count);
  for (size_t p = 0; p < count; ++p) {
    const auto mean = means.col(index(p));
    beliefs[p].means.assign(mean.data(), mean.data() + columns_);
    beliefs[p].variance =
        std::max(kernel_.scale - near.col(index(p)).squaredNorm(), kLeastVariance);
  }
  return beliefs;
}

GaussianProcess::Slope GaussianProcess::slope(std::span<const double> point) const {
  const size_t d = is_choice_.size();
  std::vector<double> near(size_), derivative(size_);
  covariance(point.data(), near.data(), derivative.data());
  Eigen::VectorXd solved = Eigen::Map<const Eigen::VectorXd>(near.data(), index(size_));
  const ConstFactor factor(factor_.data(), index(size_), index(size_), Stride(index(stride_)));
  factor.triangularView<Eigen::Lower>().solveInPlace(solved);
  const double variance = kernel_.scale - solved.squaredNorm();
  factor.triangularView<Eigen::Lower>().transpose().solveInPlace(solved);
  Slope slope{{std::vector<double>(columns_), std::max(variance, kLeastVariance)},
              std::vector<double>(columns_ * d),
              std::vector<double>(d)};
  for (size_t column = 0; column < columns_; ++column)
    slope.belief.means[column] = product(near.data(), &weights_[column * size_], size_);
  for (size_t c = 0; c < d; ++c) {
    for (size_t i = 0; i < size_; ++i)
      near[i] =
          2 * kernel_.precision[c] * derivative[i] * (point[c] - coordinates_[c * stride_ + i]);
    for (size_t column = 0; column < columns_; ++column)
      slope.means_gradient[column * d + c] = product(near.data(), &weights_[column * size_], size_);
    if (variance < kLeastVariance) continue;
    slope.variance_gradient[c] = -2 * product(near.data(), solved.data(), size_);
  }
  return slope;
}

std::vector<double> GaussianProcess::draw(std::span<const double> rows,
                                          std::span<const double> normals) const {
  const size_t d = is_choice_.size(), count = rows.size() / d;
  Eigen::MatrixXd near(index(size_), index(count)), together(index(count), index(count));
  std::vector<double> coordinates(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) coordinates[i % d * count + i / d] = rows[i];
  for (size_t p = 0; p < count; ++p) {
    covariance(&rows[p * d], near.col(index(p)).data());
    covariance(&rows[p * d], coordinates.data(), count, count, together.col(index(p)).data());
  }
  const ConstFactor factor(factor_.data(), index(size_), index(size_), Stride(index(stride_)));
  factor.triangularView<Eigen::Lower>().solveInPlace(near);
  together -= near.transpose() * near;
  together.diagonal().array() += kernel_.noise;
  const Eigen::LLT<Eigen::MatrixXd> root(together);
  const Eigen::Map<const Eigen::VectorXd> normal(normals.data(), index(count));
  const Eigen::VectorXd apart = root.matrixL() * normal;
  auto drawn = means(rows);
  for (size_t p = 0; p < count; ++p) drawn[p] += apart[index(p)];
  return drawn;
}

}  // namespace tutti
