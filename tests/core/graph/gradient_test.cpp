// Gradients of graphs, against differences and by hand; what cuts them; gradients of gradients.
#include "core/graph/gradient.h"

#include "core/base/error.h"
#include "core/graph/variable.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::run_one, test::run_traced, test::sample_tensor;

// A function with shared values, products and a mean over rows.
Value curve(const Value& x) {
  const Value y = tanh(x * x + 0.5 * x);
  return sum_rows(reduce_sum(y * (x - reduce_mean(x, {0}, true))));
}

double moved(const Tensor& x, size_t at, double by, const std::function<Value(const Value&)>& of) {
  const Tensor other = x.clone();
  other.span<double>()[at] += by;
  return run_one({other}, [&](const auto& in) { return of(in[0]); }).item();
}

void expect_gradient_of(const std::function<Value(const Value&)>& of, const Tensor& x) {
  const Tensor found =
      run_one({x}, [&](const auto& in) { return gradients(of(in[0]), {in[0]})[0]; }, {.shards = 2});
  constexpr double step = 1e-6;
  for (size_t i = 0; i < static_cast<size_t>(x.elements()); ++i)
    EXPECT_NEAR(found.span<double>()[i],
                (moved(x, i, step, of) - moved(x, i, -step, of)) / (2 * step), 1e-6);
}

TEST(Gradient, EqualsDifferences) { expect_gradient_of(curve, sample_tensor({5, 3})); }

TEST(Gradient, HasAGradient) {
  expect_gradient_of(
      [](const Value& x) { return sum_rows(reduce_sum(square(gradients(curve(x), {x})[0]))); },
      sample_tensor({4, 2}));
}

TEST(Gradient, OfASumOverRowsIsOwedAndOfARegularizerNot) {
  const auto w = make_variable("w", sample_tensor({3, 2}));
  const Trace trace;
  const Value x = make_input("x", {kRows, 3}, DType::f64);
  const Value read = w->read();
  const Value loss = sum_rows(reduce_sum(matmul(x, read))) + reduce_sum(square(read));
  const Gradient gradient = split_gradients(loss, {read})[0];
  ASSERT_TRUE(gradient.partial.defined());
  ASSERT_TRUE(gradient.same.defined());
  EXPECT_EQ(gradient.partial.kind(), ValueKind::partial);
  EXPECT_EQ(gradient.same.kind(), ValueKind::same);
  EXPECT_FALSE(split_gradients(loss, {make_variable("other", Tensor(1.0))->read()})[0].defined());
}

TEST(Gradient, EndsAtStopGradient) {
  const Tensor x = sample_tensor({4, 1});
  const Tensor found = run_one({x}, [&](const auto& in) {
    return gradients(sum_rows(reduce_sum(in[0] * stop_gradient(in[0]))), {in[0]})[0];
  });
  EXPECT_EQ(found.to_vector<double>(), x.to_vector<double>());
}

TEST(Gradient, EndsAtWhatWasAssigned) {
  const auto w = make_variable("w", Tensor::full({}, 3.0, DType::f64));
  const auto outputs = run_traced({sample_tensor({2, 1})}, [&](const auto&) {
    const Value before = w->read();
    w->assign(before * before);
    const Value after = w->read();
    return gradients(after * before, {before, after});
  });
  EXPECT_EQ(outputs[0].item(), 9);  // the new version counts as a value of its own
  EXPECT_EQ(outputs[1].item(), 3);
  EXPECT_EQ(w->value().item(), 9);
}

TEST(Gradient, NeedsASummedScalar) {
  const Value x = make_input("x", {kRows, 3});
  const std::string message = error_of([&] { gradients(square(x), {x}); });
  EXPECT_NE(message.find("reduce it"), std::string::npos) << message;
}

}  // namespace
}  // namespace tutti
