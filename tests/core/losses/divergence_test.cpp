// Losses between distributions, by hand.
#include "core/losses/divergence.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::Json kShares = {{.2, .3, .5}, {.6, .3, .1}, {.1, .8, .1}, {.3, .3, .4}, {.7, .1, .2}};
const test::EnterLoss kDivergences[] = {
    {"KLDivergence",
     {.y_true = {{.5, .3, .2}, {.1, .8, .1}, {.25, .25, .5}, {.3, .3, .4}, {.9, .05, .05}},
      .y_pred = kShares}},
    {"Poisson",
     {.y_true = {{1., 0., 3.}, {2., 2., .5}, {0., 0., 1.}, {4., 1., 1.}, {1., 2., 3.}},
      .y_pred = kShares}},
};

double divergence_of(const Loss& loss, const Tensor& y_true, const Tensor& y_pred) {
  return test::run_one({y_true, y_pred}, [&](const auto& in) { return loss(in[0], in[1]); }).item();
}

TEST(DivergenceLosses, AreTheirFormulas) {
  const Tensor truth{{0.5, 0.5}}, guess{{0.25, 0.75}};
  EXPECT_NEAR(divergence_of(losses::KLDivergence(), truth, guess),
              0.5 * std::log(2.0) + 0.5 * std::log(0.5 / 0.75), 1e-6);
  EXPECT_NEAR(divergence_of(losses::KLDivergence(), truth, truth), 0.0, 1e-7);
  EXPECT_NEAR(divergence_of(losses::Poisson(), Tensor{{2, 0}}, Tensor{{3, 1}}),
              (3 - 2 * std::log(3.0) + 1) / 2, 1e-6);
}

TEST(DivergenceLosses, BearTheNamesOfKeras) {
  for (const char* name : {"kld", "KLD", "kl_divergence", "kullback_leibler_divergence"})
    EXPECT_NE(to_string(kind_config(*make<Loss>(name))).find("KLDivergence"), std::string::npos);
}

}  // namespace
}  // namespace tutti
