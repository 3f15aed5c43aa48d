// Every elementwise op: values, gradients and second gradients against the standard library and
// finite differences, dtypes, broadcasting, kinds and messages.
#include "core/ops/elementwise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/elementwise.h"
#include "core/graph/executable.h"
#include "core/graph/gradient.h"
#include "core/ops/cast.h"
#include "core/ops/reduce.h"
#include "tests/core/ops/elementwise_cases.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using Doubles = std::vector<double>;

Doubles draw(const ElementwiseCase& entry, unsigned seed, size_t count = 97) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> distribution(entry.low, entry.high);
  Doubles values(count);
  for (double& value : values) {
    // Away from kinks and jumps, which lie at multiples of 1/2.
    do value = distribution(engine);
    while (std::fabs(value * 2 - std::round(value * 2)) < 0.02);
  }
  return values;
}

Tensor tensor_of(const Doubles& values, DType dtype = DType::f64) {
  return Tensor::from(values, Shape({static_cast<int64_t>(values.size())})).to(dtype);
}

// op(x, y), with the mask that select's reference has.
Value apply(const ElementwiseCase& entry, const Value& x, const Value& y) {
  const ElementwiseInfo& info = elementwise_info(entry.name);
  if (info.arity == 3) return select(greater(abs(x), 1.0), x, y);
  const bool boolean = info.types == ElementwiseTypes::boolean;
  const Value a = boolean ? not_equal(x, 0.0) : x, b = boolean ? not_equal(y, 0.0) : y;
  return elementwise(entry.name, info.arity == 1 ? std::vector{a} : std::vector{a, b});
}

class ElementwiseOpTest : public testing::TestWithParam<ElementwiseCase> {};

INSTANTIATE_TEST_SUITE_P(All, ElementwiseOpTest, testing::ValuesIn(kElementwiseCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Elementwise, EveryOpHasACase) {
  std::vector<std::string> registered, tested;
  for (const auto* op : elementwise_ops()) registered.push_back(op->name);
  for (const auto& entry : kElementwiseCases) tested.push_back(entry.name);
  EXPECT_THAT(tested, testing::UnorderedElementsAreArray(registered));
}

TEST_P(ElementwiseOpTest, ValuesAreThoseOfTheStandardLibrary) {
  const Doubles x = draw(GetParam(), 1), y = draw(GetParam(), 2);
  const std::pair<DType, double> precisions[] = {{DType::f64, 4e-15}, {DType::f32, 6e-7}};
  for (const auto& [dtype, tolerance] : precisions) {
    const Doubles a = tensor_of(x, dtype).to_vector<double>();
    const Doubles b = tensor_of(y, dtype).to_vector<double>();
    const Doubles got =
        evaluate(apply(GetParam(), Value(tensor_of(x, dtype)), Value(tensor_of(y, dtype))))
            .to_vector<double>();
    for (size_t i = 0; i < x.size(); ++i) {
      const double want = GetParam().reference(a[i], b[i]);
      EXPECT_NEAR(got[i], want, tolerance * std::max(1.0, std::fabs(want))) << a[i] << " " << b[i];
    }
  }
}

// Central differences of the reference, along x or y.
double slope(const ElementwiseCase& entry, double x, double y, bool along_y) {
  const double h = 1e-6, dx = along_y ? 0 : h, dy = along_y ? h : 0;
  return (entry.reference(x + dx, y + dy) - entry.reference(x - dx, y - dy)) / (2 * h);
}

TEST_P(ElementwiseOpTest, GradientIsTheSlope) {
  const ElementwiseCase& entry = GetParam();
  const Doubles xs = draw(entry, 3), ys = draw(entry, 4), weights = draw(entry, 5);
  const Value x(tensor_of(xs)), y(tensor_of(ys));
  const Value result = apply(entry, x, y);
  if (entry.smooth == ElementwiseCase::no) {
    const Value sum = reduce_sum(cast(result, DType::f64));
    EXPECT_FALSE(gradients(sum, {x})[0].defined());
    return;
  }
  const auto found = gradients(reduce_sum(result * Value(tensor_of(weights))), {x, y});
  for (const bool along_y : {false, true}) {
    const Value& gradient = found[along_y ? 1 : 0];
    if (along_y && elementwise_info(entry.name).arity == 1) {
      EXPECT_FALSE(gradient.defined());
      continue;
    }
    if (!gradient.defined()) {
      for (size_t i = 0; i < xs.size(); ++i) EXPECT_EQ(slope(entry, xs[i], ys[i], along_y), 0);
      continue;
    }
    const Doubles got = evaluate(gradient).to_vector<double>();
    for (size_t i = 0; i < xs.size(); ++i) {
      const double want = weights[i] * slope(entry, xs[i], ys[i], along_y);
      EXPECT_NEAR(got[i], want, 1e-6 * std::max(1.0, std::fabs(want))) << xs[i] << " " << ys[i];
    }
  }
}

TEST_P(ElementwiseOpTest, SecondGradientIsTheCurvature) {
  const ElementwiseCase& entry = GetParam();
  if (entry.smooth != ElementwiseCase::twice) return;  // a table of its own would list names twice
  const Doubles xs = draw(entry, 6), ys = draw(entry, 7);
  const Value x(tensor_of(xs)), y(tensor_of(ys));
  const Value first = gradients(reduce_sum(apply(entry, x, y)), {x})[0];
  const auto second = gradients(reduce_sum(first), {x, y});
  const double h = 1e-4;
  const auto f = entry.reference;
  if (!second[0].defined()) {  // linear in x
    EXPECT_NEAR(f(1 + h, 1) - 2 * f(1, 1) + f(1 - h, 1), 0, 1e-12);
  } else {
    const Doubles got = evaluate(second[0]).to_vector<double>();
    for (size_t i = 0; i < xs.size(); ++i) {
      const double a = xs[i], b = ys[i];
      const double want = (f(a + h, b) - 2 * f(a, b) + f(a - h, b)) / (h * h);
      EXPECT_NEAR(got[i], want, 2e-5 * std::max(1.0, std::fabs(want))) << a << " " << b;
    }
  }
  if (elementwise_info(entry.name).arity == 1) return;
  const Doubles mixed = evaluate(second[1]).to_vector<double>();
  for (size_t i = 0; i < xs.size(); ++i) {
    const double a = xs[i], b = ys[i];
    const double want =
        (f(a + h, b + h) - f(a + h, b - h) - f(a - h, b + h) + f(a - h, b - h)) / (4 * h * h);
    EXPECT_NEAR(mixed[i], want, 2e-5 * std::max(1.0, std::fabs(want))) << a << " " << b;
  }
}

TEST(Elementwise, ConventionsAtKinks) {
  const auto gradient_at = [](const char* name, double at) {
    const Value x(tensor_of({at}));
    return evaluate(gradients(reduce_sum(elementwise(name, {x})), {x})[0]).item();
  };
  EXPECT_EQ(gradient_at("relu", 0), 0);
  EXPECT_EQ(gradient_at("abs", 0), 0);
  const Value x(tensor_of({2, 1})), y(tensor_of({2, 3}));
  for (const char* name : {"maximum", "minimum"}) {
    const auto found = gradients(reduce_sum(elementwise(name, {x, y})), {x, y});
    EXPECT_EQ(evaluate(found[0]).to_vector<double>()[0], 1) << name;
    EXPECT_EQ(evaluate(found[1]).to_vector<double>()[0], 0) << name;
  }
  // 0^2 and (-1)^2: the gradient in the exponent takes the logarithm as 0.
  const Value base(tensor_of({0, -1})), exponent(tensor_of({2, 2}));
  const auto found = gradients(reduce_sum(pow(base, exponent)), {base, exponent});
  EXPECT_THAT(evaluate(found[0]).to_vector<double>(), testing::ElementsAre(0, -2));
  EXPECT_THAT(evaluate(found[1]).to_vector<double>(), testing::ElementsAre(0, 0));
}

TEST(Elementwise, SpecialValues) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const Doubles special = {0.0, -0.0, inf, -inf, nan, 1, -1, 1e300, -1e300, 800, -800, 20};
  struct Entry {
    const char* name;
    double (*reference)(double);
  };
  const Entry entries[] = {{"exp", std::exp},
                           {"expm1", std::expm1},
                           {"log", std::log},
                           {"log1p", std::log1p},
                           {"tanh", std::tanh},
                           {"erf", std::erf},
                           {"sqrt", std::sqrt},
                           {"floor", std::floor},
                           {"ceil", std::ceil},
                           {"round", std::nearbyint},
                           {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
                           {"softplus", [](double x) {
                              return std::fmax(x, 0) * (x == x ? 1 : x) +
                                     std::log1p(std::exp(-std::fabs(x)));
                            }}};
  for (const auto& [name, reference] : entries) {
    const Doubles got =
        evaluate(elementwise(name, {Value(tensor_of(special))})).to_vector<double>();
    for (size_t i = 0; i < special.size(); ++i) {
      const double want = reference(special[i]);
      if (std::isfinite(want)) {
        EXPECT_NEAR(got[i], want, 1e-15 * std::fabs(want)) << name << " " << special[i];
      } else {
        EXPECT_EQ(std::isnan(got[i]), std::isnan(want)) << name << " " << special[i];
        EXPECT_TRUE(std::isnan(want) || got[i] == want) << name << " " << special[i];
      }
    }
  }
}

TEST(Elementwise, PowFollowsC) {
  const double inf = std::numeric_limits<double>::infinity();
  const Doubles numbers = {0.0, -0.0, inf, -inf, std::nan(""), 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5};
  for (const double x : numbers)
    for (const double y : numbers) {
      const double got = pow(tensor_of({x}), tensor_of({y})).item(), want = std::pow(x, y);
      EXPECT_TRUE(got == want || (std::isnan(got) && std::isnan(want)) ||
                  std::fabs(got - want) <= 1e-15 * std::fabs(want))
          << x << "^" << y << " = " << got;
      EXPECT_TRUE(want != 0 || std::signbit(got) == std::signbit(want)) << x << "^" << y;
    }
}

TEST(Elementwise, Integers) {
  const Tensor x = Tensor::from(std::vector<int32_t>{7, -7, 5, INT32_MIN}, {4});
  const Tensor y = Tensor::from(std::vector<int32_t>{-3, 3, 0, -1}, {4});
  EXPECT_THAT(mod(x, y).to_vector<int32_t>(), testing::ElementsAre(-2, 2, 0, 0));
  EXPECT_THAT(add(x, y).to_vector<int32_t>(), testing::ElementsAre(4, -4, 5, INT32_MAX));
  EXPECT_EQ((x * 2).dtype(), DType::i32);
  EXPECT_EQ((x * 0.5).dtype(), DType::f32);
  EXPECT_EQ((x < y).dtype(), DType::bool_);
}

TEST(Elementwise, OperatorsMixWithNumbers) {
  const Tensor t = {1, 2, 4};
  EXPECT_THAT((1.0 - t / 2 + -t * 3).to_vector<float>(), testing::ElementsAre(-2.5, -6, -13));
  const Value v(t);
  EXPECT_THAT(evaluate(1.0 - v / 2 + -v * 3).to_vector<float>(),
              testing::ElementsAre(-2.5, -6, -13));
  EXPECT_THAT((t >= 2).to_vector<bool>(), testing::ElementsAre(false, true, true));
  EXPECT_EQ((Value(tensor_of({1})) * 2).dtype(), DType::f64);
  // A number keeps all its digits where it meets doubles.
  EXPECT_EQ((tensor_of({1}) * 0.1).item(), 0.1);
}

TEST(Elementwise, HalvesComputeInFloatAndRound) {
  const Tensor x = tensor_of({1, 1.0078125, -3}, DType::bf16);
  const Tensor sum = x + 0.00390625;
  EXPECT_EQ(sum.dtype(), DType::bf16);
  EXPECT_THAT(sum.to_vector<double>(), testing::ElementsAre(1, 1.015625, -3));  // halves to even
}

TEST(Elementwise, BroadcastsAsNumPy) {
  const Shape shapes[] = {{},        {4},       {1, 4},    {3, 1},   {3, 4},
                          {2, 1, 1}, {2, 3, 1}, {2, 1, 4}, {1, 3, 1}};
  const Shape whole = {2, 3, 4};
  const Tensor base = Tensor::from(
      [] {
        Doubles values(24);
        for (size_t i = 0; i < 24; ++i) values[i] = 100.0 * static_cast<double>(i);
        return values;
      }(),
      whole);
  for (const Shape& shape : shapes) {
    Doubles small(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < small.size(); ++i) small[i] = static_cast<double>(i) + 1;
    const Doubles got = add(base, Tensor::from(small, shape)).to_vector<double>();
    const auto extent = [&](int axis) {
      const int own = axis - (3 - shape.rank());
      return own < 0 ? int64_t{1} : shape[own];
    };
    for (int64_t i = 0; i < 24; ++i) {
      const int64_t a = i / 12, b = i / 4 % 3, c = i % 4;
      const int64_t at =
          ((extent(0) == 1 ? 0 : a) * extent(1) + (extent(1) == 1 ? 0 : b)) * extent(2) +
          (extent(2) == 1 ? 0 : c);
      EXPECT_EQ(got[static_cast<size_t>(i)],
                100.0 * static_cast<double>(i) + small[static_cast<size_t>(at)])
          << to_string(shape) << " at " << i;
    }
    // The gradient comes back in the argument's shape.
    const Value argument(Tensor::from(small, shape));
    const Tensor gradient = evaluate(gradients(reduce_sum(Value(base) + argument), {argument})[0]);
    EXPECT_EQ(gradient.shape(), shape);
    for (const double value : gradient.to_vector<double>())
      EXPECT_EQ(value, 24.0 / static_cast<double>(shape.elements()));
  }
}

ValueType infer(const char* op, std::vector<ValueType> inputs) {
  return ElementwiseOp(elementwise_info(op)).infer(inputs)[0];
}

TEST(Elementwise, Kinds) {
  const ValueType row{DType::f32, {kRows, 8}, ValueKind::row};
  const ValueType bias{DType::f32, {8}}, share{DType::f32, {8}, ValueKind::share};
  const ValueType partial{DType::f32, {8}, ValueKind::partial};
  EXPECT_EQ(infer("add", {row, bias}), row);
  EXPECT_EQ(infer("mul", {share, ValueType{}}).kind, ValueKind::share);
  EXPECT_EQ(infer("add", {partial, partial}).kind, ValueKind::partial);
  EXPECT_EQ(infer("add", {bias, bias}).kind, ValueKind::same);
  EXPECT_THROW(infer("add", {row, share}), Error);

  const auto linear = [](const char* op, std::vector<ValueType> types, size_t input) {
    return ElementwiseOp(elementwise_info(op)).linear_in(input, types);
  };
  EXPECT_TRUE(linear("neg", {partial}, 0));
  // Each root's result would round for itself.
  EXPECT_FALSE(linear("sub", {partial, partial}, 1));
  EXPECT_FALSE(linear("mul", {bias, partial}, 1));
  EXPECT_FALSE(linear("div", {partial, bias}, 0));
  EXPECT_FALSE(linear("exp", {partial}, 0));

  const Value loss_row = make_input("x", {kRows, 8});
  EXPECT_EQ(unbroadcast(loss_row, bias).kind(), ValueKind::partial);
}

template <typename F>
std::string message_of(const F& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Elementwise, Messages) {
  const Value flag(Tensor::full({2}, 1, DType::bool_)), number(Tensor::full({2}, 1, DType::i32));
  EXPECT_THAT(message_of([&] { exp(number); }),
              HasSubstr("[exp] takes floating values, got int32"));
  EXPECT_THAT(message_of([&] { add(flag, flag); }), HasSubstr("[add] takes numbers, got bool"));
  EXPECT_THAT(message_of([&] { elementwise("expp", {number}); }), HasSubstr("did you mean 'exp'"));
  EXPECT_THAT(message_of([&] { add(Value(Tensor::zeros({3})), Value(Tensor::zeros({4}))); }),
              testing::AllOf(HasSubstr("[add]"), HasSubstr("(3,)"), HasSubstr("(4,)")));
  const Value weights = make_input("w", {kRows}), column = make_input("x", {kRows, 1});
  EXPECT_THAT(message_of([&] { mul(weights, column); }), HasSubstr("[mul]"));
}

TEST(Elementwise, CastsBetweenAllDTypes) {
  const double inf = std::numeric_limits<double>::infinity();
  const Doubles numbers = {0, 1, -1, 2.5, -2.5, 300, 1e10, -1e10, inf, -inf, std::nan("")};
  const Value x(tensor_of(numbers));
  EXPECT_THAT(
      evaluate(cast(x, DType::i32)).to_vector<int32_t>(),
      testing::ElementsAre(0, 1, -1, 2, -2, 300, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 0));
  EXPECT_THAT(evaluate(cast(x, DType::u8)).to_vector<uint8_t>(),
              testing::ElementsAre(0, 1, 0, 2, 0, 255, 255, 0, 255, 0, 0));
  EXPECT_THAT(
      evaluate(cast(x, DType::bool_)).to_vector<bool>(),
      testing::ElementsAre(false, true, true, true, true, true, true, true, true, true, true));
  const Tensor all = Tensor::from(
      [] {
        std::vector<float> values;
        for (uint32_t i = 0; i < 65536; ++i) values.push_back(from_f16({static_cast<uint16_t>(i)}));
        return values;
      }(),
      {65536});
  const std::vector<float> floats = all.to_vector<float>();
  const Tensor half = evaluate(cast(Value(all), DType::f16));
  const std::vector<float> back = evaluate(cast(Value(half), DType::f32)).to_vector<float>();
  for (size_t i = 0; i < floats.size(); ++i)
    ASSERT_TRUE(back[i] == floats[i] || std::isnan(floats[i])) << i;
  std::vector<float> between;  // ties and their neighbours
  for (size_t i = 0; i + 1 < 0x7c00; ++i)
    for (const float nudge : {0.0f, 1e-5f, -1e-5f})
      between.push_back((floats[i] + floats[i + 1]) / 2 * (1 + nudge));
  const Tensor ties = Tensor::from(between, {static_cast<int64_t>(between.size())});
  const Tensor rounded = evaluate(cast(Value(ties), DType::f16));
  const Tensor brief = evaluate(cast(Value(ties), DType::bf16));
  for (size_t i = 0; i < between.size(); ++i) {
    ASSERT_EQ(rounded.data<Float16>()[i].bits, to_f16(between[i]).bits) << between[i];
    ASSERT_EQ(brief.data<BFloat16>()[i].bits, to_bf16(between[i]).bits) << between[i];
  }
}

}  // namespace
}  // namespace tutti
