// Ftrl against its formulas, written out for one number (McMahan et al., 2013), and its zeros.
#include "core/optimizers/ftrl.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

TEST(Ftrl, FollowsItsFormulas) {
  const double rate = 0.3, l1 = 0.1, l2 = 0.2, beta = 0.5;
  double x = 1, sum = 0.1, linear = 0;
  std::vector<double> expected;
  for (const double g : test::kPathGradients) {
    const double next = sum + g * g;
    linear += g - (std::sqrt(next) - std::sqrt(sum)) / rate * x;
    sum = next;
    const double over = std::clamp(linear, -l1, l1) - linear;
    expected.push_back(x = over / ((beta + std::sqrt(sum)) / rate + 2 * l2));
  }
  test::expect_path(Ftrl({.learning_rate = rate,
                          .l1_regularization_strength = l1,
                          .l2_regularization_strength = l2,
                          .beta = beta}),
                    expected);
}

TEST(Ftrl, MakesExactZerosUnderL1) {
  Ftrl ftrl({.learning_rate = 0.3, .l1_regularization_strength = 10.0});
  for (const double x : test::path_of(ftrl)) EXPECT_EQ(x, 0.0);
  EXPECT_NE(test::error_of([] { Ftrl({.learning_rate_power = 1}); }).find("use 0 or less"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
