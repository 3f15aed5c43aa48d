// Nadam against its formulas, written out for one number (Dozat, 2016).
#include "core/optimizers/nadam.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

TEST(Nadam, FollowsItsFormulas) {
  const double b1 = 0.8, b2 = 0.9, rate = 0.1;
  const auto weight = [&](int t) { return b1 * (1 - 0.5 * std::pow(0.96, t)); };
  double x = 1, m = 0, v = 0, product = 1;
  int t = 0;
  std::vector<double> expected;
  for (const double g : test::kPathGradients) {
    ++t;
    product *= weight(t);
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    const double mean =
        weight(t + 1) * m / (1 - product * weight(t + 1)) + (1 - weight(t)) * g / (1 - product);
    expected.push_back(x -= rate * mean / (std::sqrt(v / (1 - std::pow(b2, t))) + 1e-7));
  }
  test::expect_path(Nadam({.learning_rate = rate, .beta_1 = b1, .beta_2 = b2}), expected);
}

}  // namespace
}  // namespace tutti
