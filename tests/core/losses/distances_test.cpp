// Contrastive and triplet losses, by hand; the triplet's as PyTorch's TripletMarginLoss.
#include "core/losses/distances.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::EnterLoss kDistances[] = {
    {"Contrastive",
     {.y_true = {{1.}, {0.}, {0.}, {1.}, {0.}}, .y_pred = {{.2}, {.3}, {1.4}, {2.5}, {.7}}}},
    {"Triplet",
     {.y_true = {0., 0., 0., 0., 0.},
      .y_pred = {{{1., 0.}, {.5, .5}, {.2, .1}},
                 {{0., 1.}, {.1, .7}, {.3, .6}},
                 {{.2, .2}, {.9, .4}, {.1, .5}},
                 {{.7, -.3}, {-.5, .5}, {.4, .8}},
                 {{1., 1.}, {.8, .3}, {.6, .9}}}}},
};

TEST(DistanceLosses, ContrastivePullsPairsAndPushesOthersToTheMargin) {
  const losses::Contrastive loss({.margin = 2.0, .reduction = "none"});
  const Tensor each = test::run_one({test::column({1, 0, 0}), test::column({0.5, 0.5, 3.0})},
                                    [&](const auto& in) { return loss(in[0], in[1]); });
  EXPECT_EQ(each.to_vector<double>(), (std::vector<double>{0.25, 2.25, 0.0}));
}

// torch.nn.TripletMarginLoss(margin=0.5, reduction="none") gives the same numbers.
TEST(DistanceLosses, TripletWantsTheNegativeFurtherThanThePositive) {
  const losses::Triplet loss({.margin = 0.5, .reduction = "none"});
  const test::Json y_pred = {{{0., 0.}, {3., 4.}, {0., 1.}},
                             {{1., 1.}, {1., 1.}, {1., 1.}},
                             {{0., 0.}, {0., 1.}, {6., 8.}}};
  const Tensor each = test::run_one({test::column({0, 0, 0}), test::tensor_of(y_pred)},
                                    [&](const auto& in) { return loss(in[0], in[1]); });
  test::expect_close(each, test::Json{4.5, 0.5, 0.0});
  EXPECT_NE(test::error_of([&] {
              loss(make_input("y", {kRows}), make_input("p", {kRows, 2, 4}));
            }).find("anchor, positive, negative"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
