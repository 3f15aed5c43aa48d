// The normal distribution that CMA-ES draws from and moves to where points were good, in the unit
// cube: Hansen, "The CMA evolution strategy: a tutorial", 2016 (equation numbers are its), with
// negative weights. Coordinates in cells keep a probability to leave their cell: Hamano et al.,
// "CMA-ES with margin", GECCO 2022.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/random.h"

namespace tutti {

class CmaDistribution {
 public:
  // `cells` of each coordinate, 0 for those that are continuous or treated so; `population` 0 is
  // 4 + floor(3 ln n). Starts at the middle, with a deviation of a sixth.
  explicit CmaDistribution(std::vector<int64_t> cells, int population = 0);

  struct Draw {
    std::vector<double> raw;    // what update() is given
    std::vector<double> place;  // what is tried: within the cube, in the middle of its cell
  };
  // Draws again, at most 10 n times, while a continuous coordinate is outside the cube; then
  // clips.
  Draw draw(Random& random) const;
  // A generation: `population()` raw points, best first.
  void update(const std::vector<std::vector<double>>& raw);

  int population() const { return static_cast<int>(weights_.size()); }
  const std::vector<double>& mean() const { return mean_; }
  double sigma() const { return sigma_; }
  const std::vector<double>& covariance() const { return covariance_; }  // n x n
  const std::vector<double>& scale() const { return scale_; }            // of cells: 1 at first

 private:
  void set_weights(int population);
  void decompose();
  void keep_margin();
  void keep_margin(size_t i);

  std::vector<int64_t> cells_;
  std::vector<double> weights_;
  double mu_eff_ = 0, c_1_ = 0, c_mu_ = 0, c_sigma_ = 0, d_sigma_ = 0, c_c_ = 0, chi_ = 0;
  int64_t generation_ = 0;
  std::vector<double> mean_, scale_, path_sigma_, path_c_, covariance_;
  std::vector<double> root_, inverse_root_;  // of the covariance, symmetric
  double sigma_ = 1.0 / 6;
};

}  // namespace tutti
