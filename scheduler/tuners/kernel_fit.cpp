#include <nlopt.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/random.h"
#include "scheduler/tuners/gaussian_process.h"
#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

constexpr double kLeastNoise = 1e-6;
constexpr int kMostRounds = 8;
constexpr double kQuiet = -5;          // logarithm of a noise
constexpr double kWorthARound = 1e-3;  // in the loss

struct KernelFit {
  const PointRows& rows;
  const std::vector<double>& values;
  const std::vector<bool>& is_choice;
  bool deterministic;
  double best = std::numeric_limits<double>::infinity();
  std::vector<double> best_at = {};
};

double loss_and_slope(unsigned, const double* logarithms, double* gradient, void* given) {
  auto& fit = *static_cast<KernelFit*>(given);
  const size_t count = fit.is_choice.size() + 2;
  std::vector<double> slope(count);
  const double loss = kernel_loss(fit.rows, fit.values, fit.is_choice, fit.deterministic,
                                  {logarithms, count}, slope);
  if (gradient) std::copy(slope.begin(), slope.end(), gradient);
  if (loss < fit.best) {
    fit.best = loss;
    fit.best_at.assign(logarithms, logarithms + count);
  }
  return loss;
}

GaussianKernel kernel_at(std::span<const double> logarithms, bool deterministic) {
  GaussianKernel kernel;
  const size_t d = logarithms.size() - 2;
  for (size_t c = 0; c < d; ++c) kernel.precision.push_back(portable_exp(logarithms[c]));
  kernel.scale = portable_exp(logarithms[d]);
  kernel.noise = kLeastNoise + (deterministic ? 0 : portable_exp(logarithms[d + 1]));
  return kernel;
}

// The squared distance of two points in one coordinate.
double apart(const PointRows& rows, size_t d, size_t i, size_t j, size_t c, bool is_choice) {
  const double difference = rows[i * d + c] - rows[j * d + c];
  return is_choice ? (difference == 0 ? 0 : 1) : difference * difference;
}

}  // namespace

double kernel_loss(const PointRows& rows, const std::vector<double>& values,
                   const std::vector<bool>& is_choice, bool deterministic,
                   std::span<const double> logarithms, std::span<double> gradient) {
  const size_t d = is_choice.size(), n = values.size();
  const auto size = static_cast<Eigen::Index>(n);
  const GaussianKernel kernel = kernel_at(logarithms, deterministic);
  Eigen::MatrixXd covariance(size, size), slope(size, size);  // by the squared distance
  for (size_t j = 0; j < n; ++j)
    for (size_t i = j; i < n; ++i) {
      double distance = 0;
      for (size_t c = 0; c < d; ++c)
        distance += kernel.precision[c] * apart(rows, d, i, j, c, is_choice[c]);
      const double root = std::sqrt(5 * distance), power = kernel.scale * portable_exp(-root);
      const auto row = static_cast<Eigen::Index>(i), column = static_cast<Eigen::Index>(j);
      covariance(row, column) = (1 + root + root * root / 3) * power;
      slope(row, column) = -5.0 / 6 * (1 + root) * power;
    }
  Eigen::MatrixXd noisy = covariance;
  noisy.diagonal().array() += kernel.noise;
  const Eigen::LLT<Eigen::MatrixXd> factor(noisy);
  std::fill(gradient.begin(), gradient.end(), 0);
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  const Eigen::Map<const Eigen::VectorXd> observed(values.data(), size);
  const Eigen::VectorXd weights = factor.solve(observed);
  double loss = observed.dot(weights) / 2;
  for (Eigen::Index i = 0; i < size; ++i) loss += portable_log(factor.matrixLLT()(i, i));
  // By the covariance.
  const Eigen::MatrixXd by =
      (factor.solve(Eigen::MatrixXd::Identity(size, size)) - weights * weights.transpose()) / 2;
  for (size_t j = 0; j < n; ++j)
    for (size_t i = j; i < n; ++i) {
      const auto row = static_cast<Eigen::Index>(i), column = static_cast<Eigen::Index>(j);
      const double twice = (i == j ? 1 : 2) * by(row, column);
      gradient[d] += twice * covariance(row, column);
      for (size_t c = 0; c < d; ++c)
        gradient[c] += twice * slope(row, column) * apart(rows, d, i, j, c, is_choice[c]);
    }
  for (size_t c = 0; c < d; ++c) {
    const double precision = kernel.precision[c];
    loss += 0.1 / precision + 0.1 * precision;
    gradient[c] = gradient[c] * precision - 0.1 / precision + 0.1 * precision;
  }
  loss += kernel.scale - logarithms[d] + 30 * kernel.noise - 0.1 * portable_log(kernel.noise);
  gradient[d] += kernel.scale - 1;
  if (!deterministic)
    gradient[d + 1] = (by.trace() + 30 - 0.1 / kernel.noise) * (kernel.noise - kLeastNoise);
  return loss;
}

GaussianKernel fit_kernel(const PointRows& rows, const std::vector<double>& values,
                          const std::vector<bool>& is_choice, bool deterministic) {
  const auto count = static_cast<unsigned>(is_choice.size() + 2);
  KernelFit fit{rows, values, is_choice, deterministic};
  fit.best_at.assign(count, 0);
  nlopt_opt optimizer = nlopt_create(NLOPT_LD_LBFGS, count);
  nlopt_set_min_objective(optimizer, loss_and_slope, &fit);
  nlopt_set_lower_bounds1(optimizer, -20);
  nlopt_set_upper_bounds1(optimizer, 20);
  nlopt_set_ftol_abs(optimizer, 1e-6);
  nlopt_set_maxeval(optimizer, 100);
  const auto run_from = [&](std::vector<double> at) {
    const double before = fit.best;
    double loss = 0;
    nlopt_optimize(optimizer, at.data(), &loss);
    return before - fit.best;
  };
  // Much noise explains anything, and is an optimum of its own.
  std::vector<double> loud(is_choice.size() + 1, 0), quiet = loud;
  loud.push_back(0);
  quiet.push_back(kQuiet);
  run_from(loud);
  if (!deterministic) run_from(quiet);
  // Where its line search gives up, it goes on from the best that it saw.
  for (int round = 0; round < kMostRounds && run_from(fit.best_at) > kWorthARound; ++round) {
  }
  nlopt_destroy(optimizer);
  return kernel_at(fit.best_at, deterministic);
}

}  // namespace tutti
