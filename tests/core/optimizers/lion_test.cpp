// Lion against its formulas, written out for one number (Chen et al., 2023, algorithm 2).
#include "core/optimizers/lion.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

TEST(Lion, FollowsItsFormulas) {
  const double b1 = 0.7, b2 = 0.9, rate = 0.1;
  double x = 1, m = 0;
  std::vector<double> expected;
  for (const double g : test::kPathGradients) {
    const double mean = b1 * m + (1 - b1) * g;
    m = b2 * m + (1 - b2) * g;
    expected.push_back(x -= rate * (mean > 0 ? 1 : -1));
  }
  test::expect_path(Lion({.learning_rate = rate, .beta_1 = b1, .beta_2 = b2}), expected);
}

TEST(Lion, RefusesABetaThatLeavesTheSignAlone) {
  EXPECT_NE(test::error_of([] { Lion({.beta_1 = 0}); }).find("beta_1 is 0"), std::string::npos);
}

}  // namespace
}  // namespace tutti
