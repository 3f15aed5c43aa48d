// The generalized cross-entropy, between the mean absolute error and the cross-entropy.
#include "core/losses/generalized_crossentropy.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::EnterLoss kGeneralized[] = {
    {"CategoricalGeneralizedCrossEntropy",
     {.y_true = {0, 1, 2, 0, 1},
      .y_pred = {{.2, .3, .5}, {.6, .3, .1}, {.1, .8, .1}, {.3, .3, .4}, {.7, .1, .2}}}},
};

double generalized_of(double q) {
  const losses::CategoricalGeneralizedCrossEntropy loss({.q = q});
  return test::run_one({Tensor::from(std::vector<int64_t>{1}, {1}), Tensor{{0.75, 0.25}}},
                       [&](const auto& in) { return loss(in[0], in[1]); })
      .item();
}

TEST(GeneralizedCrossentropy, LiesBetweenTwoLosses) {
  EXPECT_NEAR(generalized_of(0.5), (1 - std::sqrt(0.25)) / 0.5, 1e-6);
  EXPECT_NEAR(generalized_of(1e-3), -std::log(0.25), 2e-3);
  EXPECT_NEAR(generalized_of(0.999), 0.75, 2e-3);
}

TEST(GeneralizedCrossentropy, RefusesAQOutside) {
  for (const double q : {0.0, 1.0, 2.0})
    EXPECT_NE(test::error_of([&] { generalized_of(q); }).find("use a number between 0 and 1"),
              std::string::npos);
}

}  // namespace
}  // namespace tutti
