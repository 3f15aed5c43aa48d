#include "benchmarks/coco_functions.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"

namespace tutti {
namespace {

using Vector = std::vector<double>;
using Rotation = std::vector<Vector>;

constexpr double kPi = std::numbers::pi;

double squared(double x) { return x * x; }
double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
double squares(const Vector& z) { return std::inner_product(z.begin(), z.end(), z.begin(), 0.0); }

// The functions' names below are the source's: R, Q, Lambda, T_osz and T_asy.
struct Instance {
  Instance(int number, size_t n)
      : random(41, static_cast<uint64_t>(number)), best(n), r(rotation(n)), q(rotation(n)) {
    for (double& place : best) place = -4 + 8 * random.uniform();
  }
  Rotation rotation(size_t n) {
    Rotation rows(n, Vector(n));
    for (size_t i = 0; i < n; ++i) {
      for (double& element : rows[i]) element = random.normal();
      for (size_t j = 0; j < i; ++j) {
        const double along =
            std::inner_product(rows[i].begin(), rows[i].end(), rows[j].begin(), 0.0);
        for (size_t k = 0; k < n; ++k) rows[i][k] -= along * rows[j][k];
      }
      const double length = std::sqrt(squares(rows[i]));
      for (double& element : rows[i]) element /= length;
    }
    return rows;
  }
  Random random;
  Vector best;
  Rotation r, q;
};

// (i - 1) / (n - 1) of the i-th from 1.
double share(size_t i, const Vector& z) {
  return static_cast<double>(i) / static_cast<double>(z.size() - 1);
}
Vector minus(Vector x, const Vector& y) {
  for (size_t i = 0; i < x.size(); ++i) x[i] -= y[i];
  return x;
}
Vector turned(const Rotation& rotation, const Vector& x) {
  Vector y;
  for (const Vector& row : rotation)
    y.push_back(std::inner_product(row.begin(), row.end(), x.begin(), 0.0));
  return y;
}
Vector lambda(double alpha, Vector z) {
  for (size_t i = 0; i < z.size(); ++i) z[i] *= std::pow(alpha, share(i, z) / 2);
  return z;
}
double t_osz(double x) {
  if (x == 0) return 0;
  const double log = std::log(std::abs(x)), c1 = x > 0 ? 10 : 5.5, c2 = x > 0 ? 7.9 : 3.1;
  return sign(x) * std::exp(log + 0.049 * (std::sin(c1 * log) + std::sin(c2 * log)));
}
Vector t_osz(Vector z) {
  for (double& element : z) element = t_osz(element);
  return z;
}
Vector t_asy(double beta, Vector z) {
  for (size_t i = 0; i < z.size(); ++i)
    if (z[i] > 0) z[i] = std::pow(z[i], 1 + beta * share(i, z) * std::sqrt(z[i]));
  return z;
}

double ellipsoid(const Vector& z) {
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i) sum += std::pow(10, 6 * share(i, z)) * squared(z[i]);
  return sum;
}

double rastrigin(const Vector& z) {
  double cosines = 0;
  for (const double element : z) cosines += std::cos(2 * kPi * element);
  return 10 * (static_cast<double>(z.size()) - cosines) + squares(z);
}

double bueche_rastrigin(const Vector& x, Vector best) {
  for (size_t i = 0; i < best.size(); i += 2) best[i] = std::abs(best[i]);
  Vector z = t_osz(minus(x, best));
  for (size_t i = 0; i < z.size(); ++i)
    z[i] *= std::pow(10, share(i, z) / 2) * (z[i] > 0 && i % 2 == 0 ? 10 : 1);
  return rastrigin(z);
}

double linear_slope(const Vector& x, const Vector& best) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double top = 5 * sign(best[i]), steep = sign(best[i]) * std::pow(10, share(i, x));
    sum += 5 * std::abs(steep) - steep * (top * x[i] < 25 ? x[i] : top);
  }
  return sum;
}

double attractive_sector(const Vector& z, const Vector& best) {
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i) sum += squared((z[i] * best[i] > 0 ? 100 : 1) * z[i]);
  return std::pow(t_osz(sum), 0.9);
}

double step_ellipsoid(const Vector& x, const Instance& f) {
  Vector steps = lambda(10, turned(f.r, minus(x, f.best)));
  const double first = std::abs(steps[0]);
  for (double& z : steps)
    z = std::abs(z) > 0.5 ? std::floor(0.5 + z) : std::floor(0.5 + 10 * z) / 10;
  const Vector z = turned(f.q, steps);
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i) sum += std::pow(10, 2 * share(i, z)) * squared(z[i]);
  return 0.1 * std::max(first / 1e4, sum);
}

// Of neighbours in z: what Rosenbrock's function sums.
double valley(double z, double next) { return 100 * squared(squared(z) - next) + squared(z - 1); }
// Moved so that the best is at ones.
Vector valley_place(Vector z, double shift) {
  for (double& element : z)
    element = std::max(1.0, std::sqrt(static_cast<double>(z.size()) / 8)) * element + shift;
  return z;
}
double rosenbrock(const Vector& z) {
  double sum = 0;
  for (size_t i = 0; i + 1 < z.size(); ++i) sum += valley(z[i], z[i + 1]);
  return sum;
}
double griewank_rosenbrock(const Vector& z) {
  double sum = 0;
  for (size_t i = 0; i + 1 < z.size(); ++i) {
    const double s = valley(z[i], z[i + 1]);
    sum += s / 4000 - std::cos(s);
  }
  return 10 * sum / static_cast<double>(z.size() - 1) + 10;
}

double different_powers(const Vector& z) {
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i) sum += std::pow(std::abs(z[i]), 2 + 4 * share(i, z));
  return std::sqrt(sum);
}

double weierstrass(const Vector& z) {
  double sum = 0, least = 0;
  for (int k = 0; k < 12; ++k) {
    const double high = std::pow(0.5, k), often = 2 * kPi * std::pow(3, k);
    for (const double element : z) sum += high * std::cos(often * (element + 0.5));
    least += high * std::cos(often / 2);
  }
  return 10 * std::pow(sum / static_cast<double>(z.size()) - least, 3);
}

double schaffers(const Vector& z) {
  double sum = 0;
  for (size_t i = 0; i + 1 < z.size(); ++i) {
    const double s = std::sqrt(squared(z[i]) + squared(z[i + 1]));
    sum += std::sqrt(s) * (1 + squared(std::sin(50 * std::pow(s, 0.2))));
  }
  return squared(sum / static_cast<double>(z.size() - 1));
}

double schwefel(const Vector& x, const Vector& best) {
  constexpr double kTwiceBest = 4.2096874633;
  Vector y;
  for (size_t i = 0; i < x.size(); ++i) {
    y.push_back(2 * sign(best[i]) * x[i]);
    if (i > 0) y[i] += 0.25 * (2 * sign(best[i - 1]) * x[i - 1] - kTwiceBest);
  }
  for (double& element : y) element -= kTwiceBest;
  double sum = 0, outside = 0;
  for (const double moved : lambda(10, y)) {
    const double z = 100 * (moved + kTwiceBest);
    sum += z * std::sin(std::sqrt(std::abs(z)));
    outside += squared(std::max(0.0, std::abs(z / 100) - 5));
  }
  return 4.189828872724339 - sum / (100 * static_cast<double>(x.size())) + 100 * outside;
}

double heavy_first(const Vector& v, double first, double others) {
  return first * squared(v[0]) + others * (squares(v) - squared(v[0]));
}

double sharp_ridge(const Vector& v) {
  return squared(v[0]) + 100 * std::sqrt(std::max(squares(v) - squared(v[0]), 0.0));
}

// Rosenbrock's best is within [-3, 3].
Vector within_three(Vector v) {
  for (double& element : v) element *= 0.75;
  return v;
}

}  // namespace

double coco_function(int number, const Vector& x) {
  const Instance f(number, x.size());
  const Vector z = minus(x, f.best), turned_z = turned(f.r, z);
  const auto through = [&](double alpha, const Vector& v) { return lambda(alpha, turned(f.q, v)); };
  switch (number) {
    case 1:
      return squares(z);
    case 2:
      return ellipsoid(t_osz(z));
    case 3:
      return rastrigin(lambda(10, t_asy(0.2, t_osz(z))));
    case 4:
      return bueche_rastrigin(x, f.best);
    case 5:
      return linear_slope(x, f.best);
    case 6:
      return attractive_sector(turned(f.q, lambda(10, turned_z)), f.best);
    case 7:
      return step_ellipsoid(x, f);
    case 8:
      return rosenbrock(valley_place(minus(x, within_three(f.best)), 1));
    case 9:
      return rosenbrock(valley_place(turned(f.r, x), 0.5));
    case 10:
      return ellipsoid(t_osz(turned_z));
    case 11:
      return heavy_first(t_osz(turned_z), 1e6, 1);
    case 12:
      return heavy_first(turned(f.r, t_asy(0.5, turned_z)), 1, 1e6);
    case 13:
      return sharp_ridge(turned(f.q, lambda(10, turned_z)));
    case 14:
      return different_powers(turned_z);
    case 15:
      return rastrigin(turned(f.r, through(10, t_asy(0.2, t_osz(turned_z)))));
    case 16:
      return weierstrass(turned(f.r, through(0.01, t_osz(turned_z))));
    case 17:
      return schaffers(through(10, t_asy(0.5, turned_z)));
    case 18:
      return schaffers(through(1000, t_asy(0.5, turned_z)));
    case 19:
      return griewank_rosenbrock(valley_place(turned(f.r, x), 0.5));
    case 20:
      return schwefel(x, f.best);
    default:
      fail("coco", "there is no function {}; use 1 to {}", number, kCocoFunctions);
  }
}

}  // namespace tutti
