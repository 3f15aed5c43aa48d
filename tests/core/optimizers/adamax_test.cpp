// Adamax against its formulas, written out for one number (Kingma and Ba, 2015, algorithm 2).
#include "core/optimizers/adamax.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

TEST(Adamax, FollowsItsFormulas) {
  const double b1 = 0.8, b2 = 0.9, rate = 0.1;
  double x = 1, m = 0, largest = 0;
  int t = 0;
  std::vector<double> expected;
  for (const double g : test::kPathGradients) {
    m = b1 * m + (1 - b1) * g;
    largest = std::max(b2 * largest, std::abs(g));
    expected.push_back(x -= rate / (1 - std::pow(b1, ++t)) * m / (largest + 1e-7));
  }
  test::expect_path(Adamax({.learning_rate = rate, .beta_1 = b1, .beta_2 = b2}), expected);
}

}  // namespace
}  // namespace tutti
