// Op::sum_of: the terms of a gradient that one op made, as one value.
#include <gtest/gtest.h>

#include "core/graph/gradient.h"
#include "core/graph/graph.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/slice.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

int count_of(const Value& value, std::string_view op) {
  int count = 0;
  for (const auto& node : topological_order({value})) count += node->op->name() == op;
  return count;
}

const Tensor kTwoRows = {{1, 2, 3}, {4, 5, 6}};

TEST(SumOf, ProductsOfOneWeightAreOneProduct) {
  const auto weight = make_variable("w", Tensor::full({3, 2}, 0.5));
  const Tensor got = test::run_one({kTwoRows, kTwoRows * 10.0}, [&](const auto& in) {
    const Value w = weight->read();
    const Value loss = reduce_sum(matmul(in[0], w)) + reduce_sum(matmul(in[1], w));
    const Gradient gradient = split_gradients(loss, {w})[0];
    EXPECT_FALSE(gradient.same.defined());
    EXPECT_EQ(count_of(gradient.partial, "concatenate"), 2);
    return gradient.partial;
  });
  EXPECT_EQ(got.to_vector<float>(), (std::vector<float>{55, 55, 77, 77, 99, 99}));
}

TEST(SumOf, SumsOfRowsAreOneSum) {
  const auto bias = make_variable("b", Tensor::zeros({3}));
  const Tensor got = test::run_one({kTwoRows}, [&](const auto& in) {
    const Value b = bias->read();
    const Gradient gradient =
        split_gradients(reduce_sum((in[0] + b) * 2.0 + (in[0] * (in[0] + b))), {b})[0];
    EXPECT_FALSE(gradient.same.defined());
    return gradient.partial;
  });
  EXPECT_EQ(got.to_vector<float>(), (std::vector<float>{9, 11, 13}));
}

// d of sum(factor times piece) for some of the three pieces of x.
Tensor gradient_of_pieces(const std::vector<size_t>& used, int pads) {
  return test::run_one({kTwoRows}, [&](const auto& in) {
    const auto pieces = split(in[0], 3);
    Value loss;
    for (const size_t i : used) {
      const Value term = reduce_sum(pieces[i] * static_cast<double>(i + 1));
      loss = loss.defined() ? loss + term : term;
    }
    const Value gradient = gradients(sum_rows(loss), {in[0]})[0];
    EXPECT_EQ(count_of(gradient, "pad"), pads);
    return gradient;
  });
}

TEST(SumOf, NeighbouringPiecesArePutSideBySide) {
  const auto row = [](float a, float b, float c) { return std::vector<float>{a, b, c, a, b, c}; };
  EXPECT_EQ(gradient_of_pieces({2, 0, 1}, 0).to_vector<float>(), row(1, 2, 3));
  EXPECT_EQ(gradient_of_pieces({1, 2}, 1).to_vector<float>(), row(0, 2, 3));
  EXPECT_EQ(gradient_of_pieces({0, 2}, 2).to_vector<float>(), row(1, 0, 3));
}

}  // namespace
}  // namespace tutti
