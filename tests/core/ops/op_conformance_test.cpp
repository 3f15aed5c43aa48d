// Every op through the conformance suite.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/ops/arg_reduce.h"
#include "core/ops/batch_matmul.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/dropout.h"
#include "core/ops/matmul.h"
#include "core/ops/one_hot.h"
#include "core/ops/pad.h"
#include "core/ops/patches.h"
#include "core/ops/pick.h"
#include "core/ops/pooling.h"
#include "core/ops/random_uniform.h"
#include "core/ops/reduce.h"
#include "core/ops/resample.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/softmax.h"
#include "core/ops/softmax_cross_entropy.h"
#include "core/ops/take.h"
#include "core/ops/take_along.h"
#include "core/ops/transpose.h"
#include "tests/conformance/op_conformance.h"

namespace tutti {
namespace {

using Values = std::vector<Value>;
constexpr DType i64 = DType::i64;

TEST(OpConformance, MatmulOfRows) {
  check_op({.name = "nn",
            .build = [](const Values& v) { return matmul(v[0], v[1]); },
            .inputs = {rows_of({7}), same_of({7, 5})},
            .refused = {{rows_of({7}), same_of({6, 5})},
                        {rows_of({7}), same_of({7})},
                        {same_of({4, 7}), rows_of({5})}}});
  check_op({.name = "nt",
            .build = [](const Values& v) { return matmul(v[0], v[1], false, true); },
            .inputs = {rows_of({7}), same_of({5, 7})},
            .refused = {{rows_of({7}), same_of({7, 5})}}});
  check_op({.name = "leading axes",
            .build = [](const Values& v) { return matmul(v[0], v[1]); },
            .inputs = {rows_of({2, 3}), same_of({3, 4})}});
}

TEST(OpConformance, MatmulOverRows) {
  check_op({.name = "tn",
            .build = [](const Values& v) { return matmul(v[0], v[1], true); },
            .inputs = {rows_of({4}), rows_of({3})},
            .refused = {{rows_of({4, 2}), rows_of({3})}}});
  check_op({.name = "tn with leading axes",
            .build = [](const Values& v) { return matmul(v[0], v[1], true); },
            .inputs = {rows_of({2, 3}), rows_of({2, 2})}});
}

TEST(OpConformance, MatmulOfSames) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      check_op({.name = "same",
                .build = [=](const Values& v) { return matmul(v[0], v[1], ta, tb); },
                .inputs = {same_of(ta ? Shape{3, 4} : Shape{4, 3}),
                           same_of(tb ? Shape{2, 3} : Shape{3, 2})}});
  check_op({.name = "partial x same",
            .build = [](const Values& v) { return matmul(matmul(v[0], v[1], true), v[2]); },
            .inputs = {rows_of({4}), rows_of({3}), same_of({3, 2})}});
  check_op({.name = "same x partial",
            .build = [](const Values& v) { return matmul(v[2], matmul(v[0], v[1], true), true); },
            .inputs = {rows_of({4}), rows_of({3}), same_of({4, 2})}});
}

TEST(OpConformance, BatchMatmul) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      const auto sides = [&](std::vector<int64_t> leading) {
        auto a = leading, b = leading;
        a.insert(a.end(), {ta ? 3 : 4, ta ? 4 : 3});
        b.insert(b.end(), {tb ? 2 : 3, tb ? 3 : 2});
        return std::vector<ValueType>{rows_of(a), rows_of(b)};
      };
      const auto build = [=](const Values& v) { return batch_matmul(v[0], v[1], ta, tb); };
      check_op({.name = "rows",
                .build = build,
                .inputs = sides({}),
                .refused = {{rows_of({4, 3}), rows_of({5, 2})}, {rows_of({4}), rows_of({4})}}});
      check_op({.name = "heads", .build = build, .inputs = sides({2})});
    }
}

TEST(OpConformance, Resampling) {
  for (const auto& interpolation : interpolation_names())
    check_op({.name = interpolation,
              .build = [&](const Values& v) { return resample(v[0], 1, 5, interpolation); },
              .inputs = {rows_of({3, 2})}});
  check_op({.name = "repeat",
            .build = [](const Values& v) { return repeat(v[0], 3, 1); },
            .inputs = {rows_of({2, 2})}});
}

TEST(OpConformance, RandomUniform) {
  check_op({.name = "uniform",
            .build = [](const Values& v) { return random_uniform(v[0], -1, 2); },
            .inputs = {rows_of({3})},
            .differentiable = false});
}

TEST(OpConformance, ReduceSumAndMean) {
  for (const bool keepdims : {false, true})
    for (const std::vector<int>& axes : {std::vector<int>{}, {0}, {1}, {-1}, {0, 2}, {1, 2}}) {
      check_op({.name = "sum of rows",
                .build = [=](const Values& v) { return reduce_sum(v[0], axes, keepdims); },
                .inputs = {rows_of({3, 4})}});
      check_op({.name = "mean of rows",
                .build = [=](const Values& v) { return reduce_mean(v[0], axes, keepdims); },
                .inputs = {rows_of({3, 4})}});
      check_op({.name = "sum of same",
                .build = [=](const Values& v) { return reduce_sum(v[0], axes, keepdims); },
                .inputs = {same_of({2, 3, 4})}});
    }
  check_op({.name = "partial",
            .build = [](const Values& v) { return reduce_sum(reduce_sum(v[0], {0}), {0}); },
            .inputs = {rows_of({3, 4})}});
}

TEST(OpConformance, ReduceExtremes) {
  for (const std::vector<int>& axes : {std::vector<int>{1}, {-1}, {1, 2}}) {
    check_op({.name = "max",
              .build = [=](const Values& v) { return reduce_max(v[0], axes); },
              .inputs = {rows_of({3, 4})}});
    check_op({.name = "min",
              .build = [=](const Values& v) { return reduce_min(v[0], axes, true); },
              .inputs = {rows_of({3, 4})}});
  }
  check_op({.name = "max over rows",
            .build = [](const Values& v) { return reduce_max(v[0], {1}); },
            .inputs = {rows_of({3})}});
  EXPECT_THROW(reduce_max(make_input("x", {kRows, 3}), {0}), Error);
}

TEST(OpConformance, Views) {
  check_op({.name = "reshape",
            .build =
                [](const Values& v) {
                  return reshape(v[0], {kRows, 6});
                },
            .inputs = {rows_of({3, 2})},
            .refused = {{rows_of({7})}, {same_of({3, 2})}}});
  check_op({.name = "flatten",
            .build = [](const Values& v) { return flatten(v[0]); },
            .inputs = {rows_of({3, 2})}});
  check_op({.name = "expand and squeeze",
            .build = [](const Values& v) { return squeeze(expand_dims(v[0], -1), 3); },
            .inputs = {rows_of({3, 2})}});
  check_op({.name = "transpose",
            .build =
                [](const Values& v) {
                  return transpose(v[0], {0, 2, 3, 1});
                },
            .inputs = {rows_of({2, 3, 4})},
            .refused = {{rows_of({2, 3})}}});
}

TEST(OpConformance, BroadcastTo) {
  check_op({.name = "to rows",
            .build =
                [](const Values& v) {
                  return broadcast_to(v[0], {kRows, 3, 4});
                },
            .inputs = {same_of({3, 1})},
            .refused = {{same_of({2, 1})}}});
  check_op({.name = "of rows",
            .build =
                [](const Values& v) {
                  return broadcast_to(v[0], {kRows, 3, 4});
                },
            .inputs = {rows_of({1, 4})}});
  check_op({.name = "of same",
            .build =
                [](const Values& v) {
                  return broadcast_to(v[0], {2, 3, 4});
                },
            .inputs = {same_of({3, 1})}});
}

TEST(OpConformance, PiecesOfValues) {
  check_op({.name = "concatenate",
            .build =
                [](const Values& v) {
                  return concatenate({v[0], v[1], v[0]}, 1);
                },
            .inputs = {rows_of({2, 3}), rows_of({4, 3})},
            .refused = {{rows_of({2, 3}), rows_of({2, 4})}}});
  check_op({.name = "stack",
            .build =
                [](const Values& v) {
                  return stack({v[0], v[1]}, 1);
                },
            .inputs = {rows_of({3}), rows_of({3})}});
  check_op({.name = "slice",
            .build = [](const Values& v) { return slice(v[0], -1, 1, 3); },
            .inputs = {rows_of({2, 4})},
            .refused = {{rows_of({2, 2})}}});
  check_op({.name = "split",
            .build =
                [](const Values& v) {
                  return split(v[0], {1, 3})[1];
                },
            .inputs = {rows_of({2, 4})}});
  check_op({.name = "pad",
            .build =
                [](const Values& v) {
                  return pad(v[0], {0, 1, 0}, {0, 0, 2});
                },
            .inputs = {rows_of({2, 3})},
            .refused = {{rows_of({2})}}});
}

TEST(OpConformance, Softmax) {
  for (const int axis : {1, -1}) {
    check_op({.name = "softmax",
              .build = [=](const Values& v) { return softmax(v[0], axis); },
              .inputs = {rows_of({3, 5})},
              .low = -3,
              .high = 3});
    check_op({.name = "log_softmax",
              .build = [=](const Values& v) { return log_softmax(v[0], axis); },
              .inputs = {rows_of({3, 5})},
              .low = -3,
              .high = 3});
  }
}

TEST(OpConformance, SoftmaxCrossEntropy) {
  check_op({.name = "sparse",
            .build = [](const Values& v) { return softmax_cross_entropy(v[0], v[1]); },
            .inputs = {rows_of({5}), rows_of({}, i64)},
            .low = -3,
            .high = 3,
            .labels = 5,
            .refused = {{rows_of({5}), rows_of({5}, i64)}}});
  check_op({.name = "dense",
            .build = [](const Values& v) { return softmax_cross_entropy(v[0], v[1]); },
            .inputs = {rows_of({2, 5}), rows_of({2, 5})},
            .low = 0,
            .high = 2,
            .refused = {{rows_of({2, 5}), rows_of({2, 4})}}});
}

TEST(OpConformance, Dropout) {
  check_op({.name = "dropout",
            .build = [](const Values& v) { return dropout(v[0], 0.4); },
            .inputs = {rows_of({10})}});
  check_op({.name = "dropout of few",
            .build = [](const Values& v) { return dropout(v[0], 0.5); },
            .inputs = {rows_of({3})}});
}

TEST(OpConformance, Indices) {
  check_op({.name = "take",
            .build = [](const Values& v) { return take(v[0], v[1]); },
            .inputs = {same_of({4, 3}), rows_of({2}, i64)},
            .labels = 4});
  check_op({.name = "take by same",
            .build = [](const Values& v) { return take(v[0], v[1]); },
            .inputs = {same_of({4, 3}), same_of({6}, i64)},
            .labels = 3});
  check_op({.name = "take_along",
            .build = [](const Values& v) { return take_along(v[0], v[1]); },
            .inputs = {rows_of({4}), rows_of({}, i64)},
            .labels = 4,
            .refused = {{rows_of({4}), rows_of({4}, i64)}}});
  check_op({.name = "argmax",
            .build = [](const Values& v) { return argmax(v[0]); },
            .inputs = {rows_of({4})},
            .differentiable = false});
  check_op({.name = "argmin",
            .build = [](const Values& v) { return argmin(v[0], 1); },
            .inputs = {rows_of({4, 2})},
            .differentiable = false});
  check_op({.name = "one_hot",
            .build = [](const Values& v) { return one_hot(v[0], 3); },
            .inputs = {rows_of({}, i64)},
            .differentiable = false});
}

// Stride, dilation and padding that differ by axis, windows that overlap and that leave gaps.
const Windows kWindows[] = {
    {{3}, {1}, {1}, {1}, {1}},
    {{2}, {3}, {2}, {0}, {1}},
    {{3, 2}, {2, 1}, {1, 2}, {1, 0}, {0, 2}},
    {{2, 1, 3}, {1, 2, 1}, {1, 1, 1}, {0, 0, 2}, {1, 0, 0}},
};

TEST(OpConformance, PatchesAndFold) {
  for (const Windows& windows : kWindows) {
    const auto axes = static_cast<int64_t>(windows.size.size());
    std::vector<int64_t> extents{4, 5, 3};
    extents.resize(static_cast<size_t>(axes));
    std::vector<int64_t> seen = windows.positions(extents, "test"), spread = extents;
    spread.push_back(2);
    seen.insert(seen.end(), {windows.elements(), 2});
    check_op({.name = "patches " + windows.text(),
              .build = [&](const Values& v) { return patches(v[0], windows); },
              .inputs = {rows_of(spread)},
              .refused = {{rows_of({4})}, {rows_of({4, 5, 3, 2, 1})}}});
    check_op(
        {.name = "filled",
         .build = [&](const Values& v) { return reduce_max(patches(v[0], windows, -9), {-2}); },
         .inputs = {rows_of(spread)}});
    check_op({.name = "fold " + windows.text(),
              .build = [&](const Values& v) { return fold(v[0], windows, extents); },
              .inputs = {rows_of(seen)},
              .refused = {{rows_of(spread)}}});
  }
  const Windows large{{5}, {1}, {1}, {0}, {0}};
  EXPECT_THROW(patches(make_input("x", {kRows, 4, 1}), large), Error);
  const Windows huge{{1 << 30, 1 << 30}, {1, 1}, {1, 1}, {1 << 30, 1 << 30}, {0, 0}};
  EXPECT_THROW(patches(make_input("x", {kRows, 4, 4, 1}), huge), Error);
  const Windows none{{0}, {1}, {1}, {0}, {0}};
  EXPECT_THROW(patches(make_input("x", {kRows, 4, 1}), none), Error);
}

// Each element of a window is where the definition says.
TEST(OpConformance, PatchesSeeWhatTheirWindowsCover) {
  const Tensor x = Tensor{1, 2, 3, 4, 5, 6}.reshape({1, 2, 3, 1});
  const Windows windows{{2, 2}, {1, 2}, {1, 1}, {0, 1}, {0, 0}};
  EXPECT_EQ(patches(x, windows, -1).to_vector<float>(),
            (std::vector<float>{-1, 1, -1, 4, 2, 3, 5, 6}));
  EXPECT_EQ(fold(patches(x, windows), windows, {2, 3}).to_vector<float>(), x.to_vector<float>());
}

TEST(OpConformance, PickAndSpread) {
  const auto placed = [](const Value& place) { return cast(place, DType::i32) - Value(1.0); };
  check_op({.name = "pick",
            .build = [&](const Values& v) { return pick(v[0], placed(v[1])); },
            .inputs = {rows_of({2, 3}), rows_of({4}, i64)},
            .labels = 7,
            .refused = {{same_of({4, 3}), rows_of({4}, i64)}}});
  check_op({.name = "spread",  // several values at one place, and one nowhere
            .build = [&](const Values& v) { return spread(v[0], placed(v[1]), {3}); },
            .inputs = {rows_of({2, 3}), rows_of({2, 3}, i64)},
            .labels = 4,
            .refused = {{rows_of({6}), rows_of({2, 3}, i64)}}});
}

TEST(OpConformance, MaxPool) {
  for (const Windows& windows : kWindows) {
    std::vector<int64_t> row{4, 5, 3};
    row.resize(windows.size.size());
    row.push_back(2);
    check_op({.name = "max_pool " + windows.text(),
              .build = [&](const Values& v) { return max_pool(v[0], windows); },
              .inputs = {rows_of(row)},
              .refused = {{rows_of({4})}}});
    row.insert(row.begin(), 3);
    Tensor x = Tensor::empty(Shape(row));
    for (int64_t i = 0; i < x.elements(); ++i) x.data<float>()[i] = static_cast<float>(i * 37 % 11);
    EXPECT_EQ(evaluate(max_pool(Value(x), windows)).to_vector<float>(),
              reduce_max(patches(x, windows, -1), {-2}).to_vector<float>());
  }
}

TEST(OpConformance, MaxPoolTakesTheFirstOfEqualsNaNsAndNothingFromPadding) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const Windows windows{{2}, {2}, {1}, {2}, {0}};
  const Value x(Tensor{-inf, -inf, 3, 3, nan, 5, 7, nan}.reshape({1, 8, 1}));
  const Value y = max_pool(x, windows);
  const auto largest = evaluate(y).to_vector<float>();
  EXPECT_EQ((std::vector<float>(largest.begin(), largest.begin() + 3)),
            (std::vector<float>{-inf, -inf, 3}));
  EXPECT_TRUE(std::isnan(largest[3]) && std::isnan(largest[4]));
  EXPECT_EQ(evaluate(Value(y.node(), 1)).to_vector<int32_t>(),
            (std::vector<int32_t>{-1, 0, 2, 4, 7}));
}

}  // namespace
}  // namespace tutti
