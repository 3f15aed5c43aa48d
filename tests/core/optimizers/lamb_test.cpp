// Lamb against its formulas, written out for one number (You et al., 2020, algorithm 2).
#include "core/optimizers/lamb.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

TEST(Lamb, FollowsItsFormulas) {
  const double b1 = 0.8, b2 = 0.9, rate = 0.1;
  double x = 1, m = 0, v = 0;
  int t = 0;
  std::vector<double> expected;
  for (const double g : test::kPathGradients) {
    ++t;
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    const double step = m / (1 - std::pow(b1, t)) / (std::sqrt(v / (1 - std::pow(b2, t))) + 1e-7);
    expected.push_back(x -= rate * std::abs(x) / std::abs(step) * step);
  }
  test::expect_path(Lamb({.learning_rate = rate, .beta_1 = b1, .beta_2 = b2}), expected);
}

TEST(Lamb, MovesAVariableOfZeros) {
  Lamb lamb(LearningRate(0.5));
  const auto zeros = make_variable("v", Tensor{0, 0});
  lamb.build({zeros}, local_reducer());
  test::run_traced({Tensor::zeros({1})}, [&](const auto& in) {
    lamb.apply({{Value(), Value(Tensor{3, 0})}}, ShardLayout{});
    return in;
  });
  EXPECT_NEAR(zeros->value().to_vector<double>()[0], -0.5, 1e-6);
}

}  // namespace
}  // namespace tutti
