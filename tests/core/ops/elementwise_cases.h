// Every elementwise op against a reference: one line each. A new op's line goes here.
#pragma once

#include <cmath>
#include <vector>

namespace tutti {

struct ElementwiseCase {
  const char* name;
  double (*reference)(double x, double y);
  double low, high;  // where x and y are drawn
  // No gradient flows; a gradient, away from the kinks; a gradient that has one again.
  enum Smooth { no, once, twice } smooth;
};

inline double reference_modulus(double x, double y) { return x - y * std::floor(x / y); }

// clang-format off
using Case = ElementwiseCase;
inline const std::vector<Case> kElementwiseCases = {
    {"abs", [](double x, double) { return std::fabs(x); }, -3, 3, Case::once},
    {"add", [](double x, double y) { return x + y; }, -3, 3, Case::once},
    {"arctan2", [](double y, double x) { return std::atan2(y, x); }, -3, 3, Case::twice},
    {"ceil", [](double x, double) { return std::ceil(x); }, -5, 5, Case::no},
    {"cos", [](double x, double) { return std::cos(x); }, -20, 20, Case::twice},
    {"div", [](double x, double y) { return x / y; }, 0.5, 3, Case::twice},
    {"equal", [](double x, double y) { return double(x == y); }, -2, 2, Case::no},
    {"erf", [](double x, double) { return std::erf(x); }, -4, 4, Case::twice},
    {"exp", [](double x, double) { return std::exp(x); }, -5, 5, Case::twice},
    {"expm1", [](double x, double) { return std::expm1(x); }, -5, 5, Case::twice},
    {"floor", [](double x, double) { return std::floor(x); }, -5, 5, Case::no},
    {"greater", [](double x, double y) { return double(x > y); }, -2, 2, Case::no},
    {"greater_equal", [](double x, double y) { return double(x >= y); }, -2, 2, Case::no},
    {"is_finite", [](double x, double) { return double(std::isfinite(x)); }, -2, 2, Case::no},
    {"is_nan", [](double x, double) { return double(std::isnan(x)); }, -2, 2, Case::no},
    {"less", [](double x, double y) { return double(x < y); }, -2, 2, Case::no},
    {"less_equal", [](double x, double y) { return double(x <= y); }, -2, 2, Case::no},
    {"log", [](double x, double) { return std::log(x); }, 0.1, 9, Case::twice},
    {"log1p", [](double x, double) { return std::log1p(x); }, -0.8, 9, Case::twice},
    {"logical_and", [](double x, double y) { return double(x != 0 && y != 0); }, -2, 2, Case::no},
    {"logical_not", [](double x, double) { return double(x == 0); }, -2, 2, Case::no},
    {"logical_or", [](double x, double y) { return double(x != 0 || y != 0); }, -2, 2, Case::no},
    {"maximum", [](double x, double y) { return std::fmax(x, y); }, -3, 3, Case::once},
    {"minimum", [](double x, double y) { return std::fmin(x, y); }, -3, 3, Case::once},
    {"mod", [](double x, double y) { return reference_modulus(x, y); }, 0.7, 9, Case::once},
    {"mul", [](double x, double y) { return x * y; }, -3, 3, Case::twice},
    {"neg", [](double x, double) { return -x; }, -3, 3, Case::once},
    {"not_equal", [](double x, double y) { return double(x != y); }, -2, 2, Case::no},
    {"pow", [](double x, double y) { return std::pow(x, y); }, 0.3, 3, Case::twice},
    {"reciprocal", [](double x, double) { return 1 / x; }, 0.5, 3, Case::twice},
    {"relu", [](double x, double) { return x > 0 ? x : 0; }, -3, 3, Case::once},
    {"relu_gradient", [](double x, double y) { return y > 0 ? x : 0; }, -3, 3, Case::once},
    {"round", [](double x, double) { return std::nearbyint(x); }, -5, 5, Case::no},
    {"rsqrt", [](double x, double) { return 1 / std::sqrt(x); }, 0.5, 3, Case::twice},
    {"select", [](double x, double y) { return std::fabs(x) > 1 ? x : y; }, -3, 3, Case::once},
    {"sigmoid", [](double x, double) { return 1 / (1 + std::exp(-x)); }, -9, 9, Case::twice},
    {"sign", [](double x, double) { return double((x > 0) - (x < 0)); }, -3, 3, Case::no},
    {"silu", [](double x, double) { return x / (1 + std::exp(-x)); }, -9, 9, Case::twice},
    {"sin", [](double x, double) { return std::sin(x); }, -20, 20, Case::twice},
    {"softplus", [](double x, double) { return std::log1p(std::exp(x)); }, -9, 9, Case::twice},
    {"sqrt", [](double x, double) { return std::sqrt(x); }, 0.5, 3, Case::twice},
    {"square", [](double x, double) { return x * x; }, -3, 3, Case::twice},
    {"sub", [](double x, double y) { return x - y; }, -3, 3, Case::once},
    {"tanh", [](double x, double) { return std::tanh(x); }, -4, 4, Case::twice},
};
// clang-format on

}  // namespace tutti
