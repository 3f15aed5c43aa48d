#include "core/explain/linear_model.h"

#include "tests/core/explain/credit.h"

namespace tutti {
namespace {

using test::explained;
using test::matrix_of;

void expect_near(const std::vector<double>& found, const std::vector<double>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-9) << i;
}

TEST(LinearModel, RidgeIsScikitLearns) {
  const auto& golden = explained()["linear"];
  const auto fit = fit_ridge(matrix_of(golden["x"]), golden["y"].get<std::vector<double>>(),
                             golden["weights"].get<std::vector<double>>(), 0.5);
  expect_near(fit.coefficients, golden["coefficients"].get<std::vector<double>>());
  EXPECT_NEAR(fit.intercept, golden["intercept"].get<double>(), 1e-9);
  EXPECT_NEAR(fit.score, golden["score"].get<double>(), 1e-9);
}

TEST(LinearModel, LeastAngleRegressionTakesTheSameSteps) {
  const auto& golden = explained()["linear"];
  const auto y = golden["y"].get<std::vector<double>>();
  for (const bool lasso : {false, true}) {
    const auto path = lars_path(matrix_of(golden["x"]), y, 100, lasso);
    const auto& steps = golden[lasso ? "lasso" : "lar"];
    ASSERT_EQ(path.coefficients.size(), steps.size());
    for (size_t i = 0; i < steps.size(); ++i)
      expect_near(path.coefficients[i], steps[i].get<std::vector<double>>());
    if (!lasso) {
      EXPECT_EQ(path.active, golden["active"].get<std::vector<int64_t>>());
    }
  }
}

TEST(LinearModel, ASingularSystemHasItsShortestSolution) {
  const Matrix a(3, 3, {2, 2, 0, 2, 2, 0, 0, 0, 0});
  expect_near(solve_symmetric(a, std::vector<double>{4, 4, 0}), {1, 1, 0});
}

TEST(LinearModel, AColumnThatOthersDetermineIsLeftOut) {
  const Matrix x(4, 3, {1, 1, 0, 2, 2, 0, 3, 3, 1, 4, 4, -1});
  const auto path = lars_path(x, std::vector<double>{2, 4, 7, 7}, 10, false);
  EXPECT_EQ(path.active.size(), 2u);
  EXPECT_NEAR(path.coefficients.back()[path.active[0]], 2, 1e-9);
}

}  // namespace
}  // namespace tutti
