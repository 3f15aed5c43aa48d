// Losses of a margin, by hand: what labels 0 mean depends on the whole batch.
#include "core/losses/hinge.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::LossExample kBinary{.y_true = {{1., 0.}, {0., 1.}, {0., 0.}, {1., 1.}, {0., 1.}},
                                .y_pred = {{.2, .3}, {-.6, 1.4}, {-.1, .8}, {.3, 2.5}, {.7, -.1}}};
const test::EnterLoss kHingeLosses[] = {
    {"Hinge", kBinary},
    {"SquaredHinge", kBinary},
    {"Perceptron", kBinary},
    {"CategoricalHinge",
     {.y_true = {{1., 0., 0.}, {0., 1., 0.}, {0., 0., 1.}, {1., 0., 0.}, {0., 1., 0.}},
      .y_pred = {{.2, .3, .9}, {.6, 1.4, .1}, {.1, .8, .5}, {.3, .35, .4}, {.7, .1, .2}}}},
};

std::vector<double> rows_of(const Loss& loss, const Tensor& y_true, const Tensor& y_pred,
                            int64_t shards = 1) {
  return test::run_one({y_true, y_pred}, [&](const auto& in) { return loss(in[0], in[1]); },
                       {.shards = shards})
      .to_vector<double>();
}

TEST(HingeLosses, LabelsOfZeroStandForMinusOneInABatchOfZerosAndOnes) {
  const losses::Hinge hinge({.reduction = "none"});
  const Tensor guesses = test::column({0.5, -0.25, 2.0});
  for (const int64_t shards : {1, 3}) {
    EXPECT_EQ(rows_of(hinge, test::column({1, 0, 1}), guesses, shards),
              (std::vector<double>{0.5, 0.75, 0.0}));
    EXPECT_EQ(rows_of(hinge, test::column({1, -1, 1}), guesses, shards),
              (std::vector<double>{0.5, 0.75, 0.0}));
    // One label that is neither: a 0 stays a 0, wherever the other label is.
    EXPECT_EQ(rows_of(hinge, test::column({1, 0, -1}), guesses, shards),
              (std::vector<double>{0.5, 1.0, 3.0}));
  }
}

TEST(HingeLosses, ThePerceptronLosesWhereTheSignIsWrong) {
  const losses::Perceptron perceptron({.reduction = "none"});
  EXPECT_EQ(rows_of(perceptron, test::column({1, 0, 1}), test::column({0.5, 0.25, -2.0})),
            (std::vector<double>{0.0, 0.25, 2.0}));
}

TEST(HingeLosses, TheClassLeadsByOneOrLoses) {
  const losses::CategoricalHinge hinge({.reduction = "none"});
  EXPECT_EQ(rows_of(hinge, Tensor{{1, 0, 0}, {0, 1, 0}}, Tensor{{2, 0.5, 1}, {2, 0.5, 1}}),
            (std::vector<double>{0.0, 2.5}));
}

}  // namespace
}  // namespace tutti
