// Ops on rows that images are warped and mixed by: entries of a row's own table, shuffled rows,
// places between pixels, draws of the gamma distribution.
#include "core/ops/warp.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "core/graph/gradient.h"
#include "core/ops/elementwise.h"
#include "core/ops/random_gamma.h"
#include "core/ops/reduce.h"
#include "core/ops/shuffle_rows.h"
#include "core/ops/take_in_rows.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/op_conformance.h"

namespace tutti {
namespace {

using Values = std::vector<Value>;

TEST(OpConformance, TakesAndScattersInRows) {
  check_op(
      {.name = "take_in_rows",
       .build = [](const Values& v) { return take_in_rows(v[0], v[1]); },
       .inputs = {rows_of({4, 3}), rows_of({2, 5}, DType::i64)},
       .labels = 4,
       .refused = {{rows_of({4, 3}), same_of({2, 5}, DType::i64)}, {rows_of({4}), rows_of({})}}});
  check_op({.name = "of numbers",
            .build = [](const Values& v) { return take_in_rows(v[0], v[1]); },
            .inputs = {rows_of({4}), rows_of({7}, DType::i64)},
            .labels = 4});
  check_op({.name = "scatter_add_in_rows",
            .build = [](const Values& v) { return scatter_add_in_rows(v[0], v[1], 4); },
            .inputs = {rows_of({5, 2, 3}), rows_of({5, 2}, DType::i64)},
            .labels = 4,
            .refused = {{rows_of({5, 3}), rows_of({4}, DType::i64)}}});
}

TEST(OpConformance, Warps) {
  for (const char* mode : {"constant", "nearest", "wrap", "mirror", "reflect"})
    check_op({.name = mode,
              .build =
                  [&](const Values& v) {
                    const Value by = 2.3 * v[1];
                    return affine_transform(v[0], {1.1, 0.2, by, -0.3, 0.8, by}, {mode});
                  },
              .inputs = {rows_of({4, 5, 2}), rows_of({1, 1, 1})},
              .high = 0.8,
              .tolerance = 1e-4});
}

TEST(Warp, IndicesBeyondTheEnds) {
  const Tensor index =
      Tensor::from(std::vector<double>{-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6}, {12});
  const auto in = [&](const char* mode, int64_t extent = 3) {
    return evaluate(index_in(Value(index), extent, mode)).to_vector<double>();
  };
  using testing::ElementsAre;
  EXPECT_THAT(in("nearest"), ElementsAre(0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2));
  EXPECT_THAT(in("wrap"), ElementsAre(1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0));
  EXPECT_THAT(in("mirror"), ElementsAre(1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2));
  EXPECT_THAT(in("reflect"), ElementsAre(1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0));
  EXPECT_THAT(in("mirror", 1), testing::Each(0));
}

TEST(ShuffleRows, TakesEachRowOnceInAnyShards) {
  std::vector<double> numbers(11);
  std::iota(numbers.begin(), numbers.end(), 0);
  const Tensor x = Tensor::from(numbers, {11, 1});
  const auto shuffled = [&](std::optional<uint64_t> seed, int64_t shards = 1) {
    return test::run_one({x}, [&](const Values& in) { return shuffle_rows(in[0], seed); },
                         {.shards = shards})
        .to_vector<double>();
  };
  const auto once = shuffled({});
  EXPECT_THAT(once, testing::UnorderedElementsAreArray(numbers));
  EXPECT_NE(once, numbers);
  EXPECT_EQ(shuffled({}, 4), once);
  EXPECT_NE(shuffled(7), once);
  EXPECT_EQ(shuffled(7), shuffled(7));
}

TEST(ShuffleRows, GivesAGradientBackToItsRow) {
  const Tensor x = test::sample_tensor({9, 2}),
               weights = test::sample_tensor({9, 2}, DType::f64, 3);
  // The gradient of sum(w shuffle(x)) at row i is the weight of the place that took row i.
  const auto both = test::run_traced({x, weights}, [](const Values& in) {
    const Value y = shuffle_rows(in[0]);
    const Value slope = gradients(sum_rows(reduce_sum(y * in[1])), {in[0]})[0];
    return Values{y, slope};
  });
  const auto from = x.to_vector<double>(), y = both[0].to_vector<double>();
  const auto slope = both[1].to_vector<double>(), w = weights.to_vector<double>();
  for (size_t i = 0; i < y.size(); i += 2) {
    const auto row = static_cast<size_t>(std::ranges::find(from, y[i]) - from.begin());
    EXPECT_EQ(slope[row], w[i]);
    EXPECT_EQ(slope[row + 1], w[i + 1]);
  }
}

TEST(RandomGamma, HasTheMomentsOfItsDistribution) {
  for (const double alpha : {0.3, 1.0, 4.5}) {
    SCOPED_TRACE(alpha);
    const Tensor shape = Tensor::full({200, 200}, alpha, DType::f64);
    const auto draws = test::run_one({shape}, [](const Values& in) {
                         return exp(random_log_gamma(in[0]));
                       }).to_vector<double>();
    double sum = 0, squares = 0;
    for (const double draw : draws) sum += draw, squares += draw * draw;
    const auto count = static_cast<double>(draws.size());
    const double mean = sum / count, variance = squares / count - mean * mean;
    EXPECT_NEAR(mean, alpha, 0.03 * (1 + alpha));
    EXPECT_NEAR(variance, alpha, 0.06 * (1 + alpha));
  }
}

}  // namespace
}  // namespace tutti
