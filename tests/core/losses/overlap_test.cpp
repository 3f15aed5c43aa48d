// Dice and Tversky over the whole batch, however it is dealt.
#include "core/losses/overlap.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::LossExample kMasks{.y_true = {{1., 0.}, {0., 1.}, {0., 0.}, {1., 1.}, {0., 1.}},
                               .y_pred = {{.2, .3}, {.6, .9}, {.1, .8}, {.3, .5}, {.7, .15}}};
const test::EnterLoss kOverlaps[] = {{"Dice", kMasks}, {"Tversky", kMasks}};

double overlap_of(const Loss& loss, int64_t shards = 1) {
  return test::run_one({test::column({1, 0, 1}), test::column({0.5, 0.25, 1.0})},
                       [&](const auto& in) { return loss(in[0], in[1]); }, {.shards = shards})
      .item();
}

TEST(OverlapLosses, SumOverAllRowsBeforeTheyDivide) {
  for (const int64_t shards : {1, 2, 3}) {
    EXPECT_NEAR(overlap_of(losses::Dice(), shards), 1 - 2 * 1.5 / 3.75, 1e-6);
    EXPECT_NEAR(overlap_of(losses::Tversky({.alpha = 0.3, .beta = 0.7}), shards),
                1 - 1.5 / (1.5 + 0.3 * 0.5 + 0.7 * 0.25), 1e-6);
  }
}

TEST(OverlapLosses, GoOverTheAxesTheyAreTold) {
  const losses::Dice rows({.reduction = "none", .axis = std::vector<int>{1}});
  const Tensor each = test::run_one({test::column({1, 0, 1}), test::column({0.5, 0.25, 1.0})},
                                    [&](const auto& in) { return rows(in[0], in[1]); });
  test::expect_close(each, test::Json{1 - 1 / 1.5, 1.0, 0.0});
}

}  // namespace
}  // namespace tutti
