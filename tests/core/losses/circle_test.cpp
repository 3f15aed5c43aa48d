// The circle loss against Keras, its gradient, and rows that others hold.
#include "core/losses/circle.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::EnterLoss kCircle[] = {
    {"Circle",
     {.y_true = {0, 1, 0, 1, 0},
      .y_pred = {{.6, .8}, {.8, .6}, {-.6, .8}, {.28, .96}, {.96, .28}}}},
};

TEST(CircleLoss, ComparesRowsOfAllShards) {
  const losses::Circle loss({.gamma = 4.0, .reduction = "none"});
  const Tensor labels = Tensor::from(std::vector<int64_t>{0, 0, 1, 2}, {4});
  const Tensor embeddings{{0.6, 0.8}, {0.8, 0.6}, {-0.6, 0.8}, {1, 0}};
  const auto rows = [&](int64_t shards) {
    return test::run_one({labels, embeddings}, [&](const auto& in) { return loss(in[0], in[1]); },
                         {.shards = shards})
        .to_vector<double>();
  };
  const auto alone = rows(1);
  EXPECT_GT(alone[0], 0.0);
  EXPECT_EQ(alone[2], 0.0);  // the only one of its label
  EXPECT_EQ(alone[3], 0.0);
  for (const int64_t shards : {2, 4}) EXPECT_EQ(rows(shards), alone);
}

TEST(CircleLoss, RefusesOtherShapes) {
  EXPECT_EQ(test::error_of([] { losses::Circle({.gamma = 0}); }),
            "[Circle] gamma is 0; use a positive number");
  EXPECT_NE(test::error_of([] {
              losses::Circle().call(make_input("y", {kRows, 2}), make_input("p", {kRows, 3}));
            }).find("an embedding a row"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
