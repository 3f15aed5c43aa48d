// ScheduleFreeAdamW against its three sequences, written out for one number (Defazio et al., 2024).
#include "core/optimizers/schedule_free_adamw.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

// z goes by gradients taken at y, x is the mean of the z, y stands between them.
TEST(ScheduleFreeAdamW, FollowsItsFormulas) {
  const double b1 = 0.8, b2 = 0.9, rate = 0.1;
  double x = 1, z = 1, v = 0;
  int t = 0;
  std::vector<double> expected;
  for (const double g : test::kPathGradients) {
    ++t;
    v = b2 * v + (1 - b2) * g * g;
    const double warm = rate * std::min(t / 3.0, 1.0);
    z -= warm * g / (std::sqrt(v / (1 - std::pow(b2, t))) + 1e-8);
    x += (z - x) / t;
    expected.push_back((1 - b1) * z + b1 * x);
  }
  test::expect_path(
      ScheduleFreeAdamW({.learning_rate = rate, .beta_1 = b1, .beta_2 = b2, .warmup_steps = 3}),
      expected);
}

TEST(ScheduleFreeAdamW, RefusesABetaThatDivides) {
  EXPECT_NE(test::error_of([] { ScheduleFreeAdamW({.beta_1 = 0}); }).find("beta_1 is 0"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
