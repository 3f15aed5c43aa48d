// Adafactor: what rows and columns stand for, written out (Shazeer and Stern, 2018).
#include "core/optimizers/adafactor.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

// One step on a matrix: the squares are r c / mean(r), the step is cut to clip_threshold.
TEST(Adafactor, KeepsTheMeansOfRowsAndColumns) {
  Adafactor optimizer({.learning_rate = 0.1, .clip_threshold = 0.5});
  const auto variable = make_variable("v", Tensor::full({2, 2}, 1.0, DType::f64));
  optimizer.build({variable}, local_reducer());
  const double g[2][2] = {{1, 2}, {3, -4}};
  test::run_traced({Tensor::zeros({1})}, [&](const auto& in) {
    optimizer.apply({{Value(), Value(Tensor{{1, 2}, {3, -4}}.to(DType::f64))}}, ShardLayout{});
    return in;
  });
  const double rows[] = {(1 + 4) / 2.0, (9 + 16) / 2.0},
               columns[] = {(1 + 9) / 2.0, (4 + 16) / 2.0};
  const double mean = (rows[0] + rows[1]) / 2;
  double steps[2][2], squares = 0;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      steps[i][j] = g[i][j] / std::sqrt(rows[i] * columns[j] / mean);
      squares += steps[i][j] * steps[i][j] / 4;
    }
  const double cut = std::max(1.0, std::sqrt(squares) / 0.5);
  const auto got = variable->value().to_vector<double>();
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j)
      EXPECT_NEAR(got[static_cast<size_t>(2 * i + j)], 1 - 0.1 * steps[i][j] / cut, 1e-12);
}

TEST(Adafactor, RefusesWrongArguments) {
  EXPECT_NE(test::error_of([] { Adafactor({.beta_2_decay = 1}); }).find("beta_2_decay is 1"),
            std::string::npos);
  EXPECT_NE(test::error_of([] { Adafactor({.clip_threshold = 0}); }).find("clip_threshold is 0"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
