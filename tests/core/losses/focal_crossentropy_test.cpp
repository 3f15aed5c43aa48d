// Focal cross-entropies: the plain ones at gamma 0, and what they leave aside.
#include "core/losses/focal_crossentropy.h"

#include "core/losses/crossentropy.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::EnterLoss kFocal[] = {
    {"BinaryFocalCrossentropy",
     {.y_true = {{1., 0.}, {0., 1.}, {0., 0.}, {1., 1.}, {0., 1.}},
      .y_pred = {{.2, .3}, {.6, .9}, {.1, .8}, {.3, .5}, {.7, .15}}}},
    {"CategoricalFocalCrossentropy",
     {.y_true = {{1., 0., 0.}, {0., 1., 0.}, {0., 0., 1.}, {1., 0., 0.}, {0., 1., 0.}},
      .y_pred = {{.2, .3, .5}, {.6, .3, .1}, {.1, .8, .1}, {.3, .3, .4}, {.7, .1, .2}}}},
};

double focal_of(const Loss& loss, const Tensor& y_true, const Tensor& y_pred) {
  return test::run_one({y_true, y_pred}, [&](const auto& in) { return loss(in[0], in[1]); }).item();
}

TEST(FocalCrossentropy, IsThePlainOneForAGammaOfZero) {
  const Tensor bits{{1, 0}, {0, 1}}, chances{{0.9, 0.2}, {0.4, 0.7}};
  EXPECT_NEAR(focal_of(losses::BinaryFocalCrossentropy({.gamma = 0.0}), bits, chances),
              focal_of(losses::BinaryCrossentropy(), bits, chances), 1e-6);
  EXPECT_NEAR(
      focal_of(losses::CategoricalFocalCrossentropy({.alpha = 1.0, .gamma = 0.0}), bits, chances),
      focal_of(losses::CategoricalCrossentropy(), bits, chances), 1e-6);
}

TEST(FocalCrossentropy, LeavesAsideWhatIsEasy) {
  EXPECT_NEAR(focal_of(losses::BinaryFocalCrossentropy(), Tensor{{1}}, Tensor{{0.9}}),
              -0.01 * std::log(0.9), 1e-7);
  EXPECT_NE(test::error_of([] {
              losses::BinaryFocalCrossentropy({.label_smoothing = -1});
            }).find("label_smoothing is -1"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
