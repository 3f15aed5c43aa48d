#include "scheduler/tuners/cma_distribution.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

Eigen::Map<Vector> view(std::vector<double>& numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}
Eigen::Map<const Vector> view(const std::vector<double>& numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}
template <typename Numbers>
auto square(Numbers& numbers) {
  const auto n = static_cast<Eigen::Index>(std::lround(std::sqrt(numbers.size())));
  using Kind = std::conditional_t<std::is_const_v<Numbers>, const Matrix, Matrix>;
  return Eigen::Map<Kind>(numbers.data(), n, n);
}

// The x >= 0 above which a standard normal number lies with probability p <= 1/2.
double normal_upper_quantile(double p) {
  double low = 0, high = 37;
  for (int i = 0; i < 64; ++i) {
    const double middle = (low + high) / 2;
    (normal_tail(middle) > p ? low : high) = middle;
  }
  return low;
}

// Of a normal number with this mean and deviation, below `limit`.
double share_below(double limit, double mean, double deviation) {
  const double z = (limit - mean) / deviation;
  return z > 0 ? 1 - normal_tail(z) : normal_tail(-z);
}

}  // namespace

CmaDistribution::CmaDistribution(std::vector<int64_t> cells, int population)
    : cells_(std::move(cells)) {
  const size_t n = cells_.size();
  const double size = static_cast<double>(n);
  set_weights(population > 0 ? population : 4 + static_cast<int>(3 * portable_log(size)));
  chi_ = std::sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size * size));
  mean_.assign(n, 0.5);
  scale_.assign(n, 1);
  path_sigma_.assign(n, 0);
  path_c_.assign(n, 0);
  covariance_.assign(n * n, 0);
  square(covariance_).setIdentity();
  decompose();
}

void CmaDistribution::set_weights(int population) {
  const double n = static_cast<double>(cells_.size());
  const auto half = static_cast<size_t>(population / 2);
  weights_.resize(static_cast<size_t>(population));
  for (size_t i = 0; i < weights_.size(); ++i)  // (49)
    weights_[i] = portable_log((population + 1) / 2.0) - portable_log(static_cast<double>(i) + 1);
  double sum[2] = {0, 0}, squares[2] = {0, 0}, positive = 0, negative = 0;
  for (size_t i = 0; i < weights_.size(); ++i) {
    sum[i >= half] += weights_[i];
    squares[i >= half] += weights_[i] * weights_[i];
    (weights_[i] > 0 ? positive : negative) += std::abs(weights_[i]);
  }
  mu_eff_ = sum[0] * sum[0] / squares[0];
  const double mu_eff_minus = sum[1] * sum[1] / squares[1];
  c_1_ = 2 / ((n + 1.3) * (n + 1.3) + mu_eff_);  // (57), (58)
  c_mu_ =
      std::min(1 - c_1_ - 1e-8, 2 * (mu_eff_ - 2 + 1 / mu_eff_) / ((n + 2) * (n + 2) + mu_eff_));
  const double alpha =  // (50) to (52)
      std::min({1 + c_1_ / c_mu_, 1 + 2 * mu_eff_minus / (mu_eff_ + 2),
                (1 - c_1_ - c_mu_) / (n * c_mu_)});
  for (double& weight : weights_) weight *= weight >= 0 ? 1 / positive : alpha / negative;
  c_sigma_ = (mu_eff_ + 2) / (n + mu_eff_ + 5);  // (55), (56)
  d_sigma_ = 1 + 2 * std::max(0.0, std::sqrt((mu_eff_ - 1) / (n + 1)) - 1) + c_sigma_;
  c_c_ = (4 + mu_eff_ / n) / (n + 4 + 2 * mu_eff_ / n);
}

void CmaDistribution::decompose() {
  auto covariance = square(covariance_);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver((covariance + covariance.transpose()) / 2);
  // Rounding can make an eigenvalue negative.
  const Vector values = solver.eigenvalues().unaryExpr([](double v) { return v < 0 ? 1e-8 : v; });
  const Matrix& vectors = solver.eigenvectors();
  const Vector roots = values.cwiseSqrt();
  covariance = vectors * values.asDiagonal() * vectors.transpose();
  root_.resize(covariance_.size());
  inverse_root_.resize(covariance_.size());
  // The symmetric roots: no choice of signs, as eigenvectors have, can change what is drawn.
  square(root_) = vectors * roots.asDiagonal() * vectors.transpose();
  square(inverse_root_) = vectors * roots.cwiseInverse().asDiagonal() * vectors.transpose();
}

CmaDistribution::Draw CmaDistribution::draw(Random& random) const {
  const size_t n = cells_.size();
  Draw drawn{std::vector<double>(n), {}};
  std::vector<double> normal(n);
  bool inside = false;
  for (size_t attempt = 0; attempt <= 10 * n && !inside; ++attempt) {
    for (double& number : normal) number = random.normal();
    view(drawn.raw) = view(mean_) + sigma_ * (square(root_) * view(normal));
    inside = true;
    for (size_t i = 0; i < n; ++i)
      inside = inside && (cells_[i] > 0 || (0 <= drawn.raw[i] && drawn.raw[i] <= 1));
  }
  for (size_t i = 0; i < n; ++i)
    if (cells_[i] == 0) drawn.raw[i] = std::clamp(drawn.raw[i], 0.0, 1.0);
  drawn.place = drawn.raw;
  for (size_t i = 0; i < n; ++i) {
    if (cells_[i] == 0) continue;
    const double count = static_cast<double>(cells_[i]);
    const double scaled = mean_[i] + scale_[i] * (drawn.raw[i] - mean_[i]);
    // A place on a border is the lower cell's.
    const double cell = std::clamp(std::ceil(scaled * count) - 1, 0.0, count - 1);
    drawn.place[i] = (cell + 0.5) / count;
  }
  return drawn;
}

void CmaDistribution::update(const std::vector<std::vector<double>>& raw) {
  const auto n = static_cast<Eigen::Index>(cells_.size());
  const double size = static_cast<double>(n);
  ++generation_;
  Matrix steps(n, static_cast<Eigen::Index>(raw.size()));
  Vector step = Vector::Zero(n);
  for (Eigen::Index k = 0; k < steps.cols(); ++k) {
    const auto at = static_cast<size_t>(k);
    steps.col(k) = (view(raw[at]) - view(mean_)) / sigma_;
    if (at < raw.size() / 2) step += weights_[at] * steps.col(k);  // (41)
  }
  view(mean_) += sigma_ * step;
  auto path_sigma = view(path_sigma_);
  const Matrix inverse_root = square(inverse_root_);
  path_sigma = (1 - c_sigma_) * path_sigma +
               std::sqrt(c_sigma_ * (2 - c_sigma_) * mu_eff_) * (inverse_root * step);
  const double length = path_sigma.norm();
  sigma_ *= portable_exp(c_sigma_ / d_sigma_ * (length / chi_ - 1));
  sigma_ = std::min(sigma_, 1e32);
  double remembered = 1;
  for (int64_t i = 0; i < 2 * (generation_ + 1) && remembered > 1e-17; ++i)
    remembered *= 1 - c_sigma_;
  const bool steady = length / std::sqrt(1 - remembered) < (1.4 + 2 / (size + 1)) * chi_;
  auto path_c = view(path_c_);
  path_c =
      (1 - c_c_) * path_c + (steady ? std::sqrt(c_c_ * (2 - c_c_) * mu_eff_) : 0.0) * step;  // (45)
  auto covariance = square(covariance_);
  double sum = 0;
  for (const double weight : weights_) sum += weight;
  const double forgiven = steady ? 0 : c_1_ * c_c_ * (2 - c_c_);
  covariance = (1 + forgiven - c_1_ - c_mu_ * sum) * covariance.eval() +
               c_1_ * path_c * path_c.transpose();  // (47)
  for (Eigen::Index k = 0; k < steps.cols(); ++k) {
    double weight = weights_[static_cast<size_t>(k)];
    if (weight < 0) weight *= size / ((inverse_root * steps.col(k)).squaredNorm() + 1e-8);  // (46)
    covariance += c_mu_ * weight * steps.col(k) * steps.col(k).transpose();
  }
  keep_margin();
  decompose();
}

void CmaDistribution::keep_margin() {
  for (size_t i = 0; i < cells_.size(); ++i)
    if (cells_[i] > 1) keep_margin(i);
}

// Moves the mean or widens the scale where too little would leave the mean's cell on a side.
void CmaDistribution::keep_margin(size_t i) {
  const double margin = 1 / static_cast<double>(cells_.size() * weights_.size());
  const double count = static_cast<double>(cells_[i]);
  const double cell = std::clamp(std::ceil(mean_[i] * count) - 1, 0.0, count - 1);
  // The outermost cells have a border on one side alone, which then is both limits.
  const double lower = std::max(cell, 1.0) / count;
  const double upper = std::min(cell + 1, count - 1) / count;
  const double deviation = sigma_ * std::sqrt(covariance_[i * cells_.size() + i]);
  double below = share_below(lower, mean_[i], deviation * scale_[i]);
  double above = 1 - share_below(upper, mean_[i], deviation * scale_[i]);
  const double within = 1 - below - above;
  if (std::max(below, above) > 0.5) {
    if (std::min(below, above) >= margin) return;
    const double side = mean_[i] > upper ? 1 : mean_[i] < upper ? -1 : 0;
    mean_[i] = upper + side * deviation * scale_[i] * normal_upper_quantile(margin);
    return;
  }
  below = std::max(below, margin / 2);
  above = std::max(above, margin / 2);
  const double excess = 1 - below - above - within, free = below + within + above - 1.5 * margin;
  below = std::clamp(below + excess * (below - margin / 2) / free, 1e-10, 0.5 - 1e-10);
  above = std::clamp(above + excess * (above - margin / 2) / free, 1e-10, 0.5 - 1e-10);
  const double low = normal_upper_quantile(below), high = normal_upper_quantile(above);
  scale_[i] = (upper - lower) / ((low + high) * deviation);
  mean_[i] = (lower * high + upper * low) / (low + high);
}

}  // namespace tutti
