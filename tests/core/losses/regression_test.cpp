// Losses of numbers, by hand.
#include "core/losses/regression.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::LossExample kNumbers{.y_true = {{1., 0.}, {0., 1.}, {2., -1.}, {1., 3.}, {0., 1.}},
                                 .y_pred = {{.2, .3}, {.6, 1.4}, {-.1, .8}, {.3, 2.5}, {.7, -.1}}};
const test::LossExample kNonZero{.y_true = {{1., .5}, {.2, 1.}, {2., 1.}, {1., 3.}, {.4, 1.}},
                                 .y_pred = {{.2, .3}, {.6, 1.4}, {.1, .8}, {.3, 2.5}, {.7, .3}}};
const test::EnterLoss kRegressionLosses[] = {{"MeanSquaredError", kNumbers},
                                             {"MeanAbsoluteError", kNumbers},
                                             {"MeanAbsolutePercentageError", kNonZero},
                                             {"MeanSquaredLogarithmicError", kNonZero},
                                             {"Huber", kNumbers},
                                             {"LogCosh", kNumbers},
                                             {"CosineSimilarity", kNumbers}};

const Tensor& labels() {
  static const Tensor tensor = test::tensor_of({{0.0, 1.0}, {2.0, 3.0}, {4.0, 5.0}});
  return tensor;
}
const Tensor& guesses() {
  static const Tensor tensor = test::tensor_of({{1.0, 1.0}, {0.0, 3.5}, {4.0, 1.0}});
  return tensor;
}

template <typename Loss>
std::vector<double> value_of(const std::string& reduction) {
  const Loss loss({.reduction = reduction});
  return test::run_one({labels(), guesses()}, [&](const auto& in) { return loss(in[0], in[1]); })
      .template to_vector<double>();
}

// Differences: (-1, 0), (2, -0.5), (0, 4).
TEST(RegressionLosses, AreMeansOverTheLastAxis) {
  EXPECT_EQ(value_of<losses::MeanSquaredError>("none"), (std::vector<double>{0.5, 2.125, 8}));
  EXPECT_EQ(value_of<losses::MeanAbsoluteError>("none"), (std::vector<double>{0.5, 1.25, 2}));
}

TEST(RegressionLosses, AreReducedOverTheBatch) {
  EXPECT_EQ(value_of<losses::MeanSquaredError>("sum"), std::vector<double>{10.625});
  EXPECT_EQ(value_of<losses::MeanAbsoluteError>("sum"), std::vector<double>{3.75});
  EXPECT_EQ(value_of<losses::MeanAbsoluteError>("sum_over_batch_size"), std::vector<double>{1.25});
}

TEST(RegressionLosses, HuberIsALineBeyondDelta) {
  const losses::Huber huber({.delta = 1.0, .reduction = "none"});
  const Tensor each = test::run_one({test::column({0, 0}), test::column({0.5, 3.0})},
                                    [&](const auto& in) { return huber(in[0], in[1]); });
  EXPECT_EQ(each.to_vector<double>(), (std::vector<double>{0.125, 2.5}));
  EXPECT_EQ(test::error_of([] { losses::Huber({.delta = -1}); }),
            "[Huber] delta is -1; use 0 or more");
}

TEST(RegressionLosses, RefuseShapesThatDoNotMeet) {
  const std::string message = test::error_of([] {
    test::run_one({labels(), test::tensor_of({{1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}})},
                  [](const auto& in) { return losses::MeanAbsoluteError()(in[0], in[1]); });
  });
  EXPECT_NE(message.find("(None, 2)"), std::string::npos) << message;
  EXPECT_NE(message.find("(None, 3)"), std::string::npos) << message;
}

}  // namespace
}  // namespace tutti
