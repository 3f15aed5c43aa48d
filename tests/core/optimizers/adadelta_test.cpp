// Adadelta against its formulas, written out for one number (Zeiler, 2012, algorithm 1).
#include "core/optimizers/adadelta.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

TEST(Adadelta, FollowsItsFormulas) {
  const double rho = 0.8, epsilon = 1e-3, rate = 0.5;
  double x = 1, gradients = 0, steps = 0;
  std::vector<double> expected;
  for (const double g : test::kPathGradients) {
    gradients = rho * gradients + (1 - rho) * g * g;
    const double step = -std::sqrt(steps + epsilon) / std::sqrt(gradients + epsilon) * g;
    steps = rho * steps + (1 - rho) * step * step;
    expected.push_back(x += rate * step);
  }
  test::expect_path(Adadelta({.learning_rate = rate, .rho = rho, .epsilon = epsilon}), expected);
}

TEST(Adadelta, RefusesPartsThatAreNone) {
  EXPECT_NE(test::error_of([] { Adadelta({.rho = 2}); }).find("rho is 2"), std::string::npos);
}

}  // namespace
}  // namespace tutti
