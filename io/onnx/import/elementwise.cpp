// Operators that act element by element, and activations.
#include "core/ops/elementwise.h"

#include <cmath>
#include <limits>

#include "core/activations/elu.h"
#include "core/activations/gelu.h"
#include "core/activations/leaky_relu.h"
#include "core/activations/plain.h"
#include "core/activations/shrink.h"
#include "core/ops/cast.h"
#include "io/onnx/import/operator.h"
#include "io/onnx/wire.h"

namespace tutti::onnx {
namespace {

// A function of one value, in whatever order its axes are.
void read_unary(const char* type, std::function<Value(const Operator& op, const Value& x)> make) {
  register_operator(type, [make](const Operator& op) {
    const Meaning& x = op.meaning(0);
    return std::vector{Meaning(make(op, x.value), x.order)};
  });
}

// Of values that broadcast. Where the rows are not axis 0 all have one order, but for numbers.
Meaning broadcast_together(const Operator& op, size_t count,
                           const std::function<Value(const std::vector<Value>&)>& make) {
  std::vector<int> order;
  for (size_t i = 0; i < count; ++i)
    if (!op.meaning(i).order.empty()) order = op.meaning(i).order;
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) {
    const Meaning& x = op.meaning(i);
    if (x.order != order && x.value.shape().rank() != 0)
      op.refuse("mixes values whose rows are different axes; put the rows first");
    values.push_back(x.value);
  }
  return {make(values), order};
}

void read_binary(const char* type, Value (*make)(const Value&, const Value&)) {
  register_operator(type, [make](const Operator& op) {
    return std::vector{broadcast_together(op, 2, [&](const auto& x) { return make(x[0], x[1]); })};
  });
}

// Of any number of values: the function of the first two, of that and the third, ...
void read_chain(const char* type, Value (*make)(const Value&, const Value&), bool mean = false) {
  register_operator(type, [=](const Operator& op) {
    return std::vector{broadcast_together(op, op.size(), [&](const auto& x) {
      Value all = x.at(0);
      for (size_t i = 1; i < x.size(); ++i) all = make(all, x[i]);
      return mean ? all / static_cast<double>(x.size()) : all;
    })};
  });
}

Value clip(const Operator& op, const Value& x) {
  Value y = x;
  if (op.opset() < 11) {
    y = maximum(y, op.number("min", std::numeric_limits<float>::lowest()));
    return minimum(y, op.number("max", std::numeric_limits<float>::max()));
  }
  if (op.has(1)) y = maximum(y, op.number(1));
  if (op.has(2)) y = minimum(y, op.number(2));
  return y;
}

Value cast_to(const Operator& op, const Value& x) {
  const DType to =
      dtype_of_element(static_cast<int>(op.integer("to", 1)), "onnx", op.node().name());
  return x.dtype() == to ? x : cast(x, to);
}

Value shrink(const Operator& op, const Value& x) {
  const double lambd = op.number("lambd", 0.5), bias = op.number("bias", 0);
  return select(less(x, -lambd), x + bias, select(greater(x, lambd), x - bias, 0.0));
}

Value selu_of(const Operator& op, const Value& x) {
  const double alpha = op.number("alpha", 1.67326319217681884765625),
               gamma = op.number("gamma", 1.05070102214813232421875);
  return gamma * select(greater(x, 0.0), x, alpha * expm1(minimum(x, 0.0)));
}

// Of integers, as shapes are computed: towards zero.
Value quotient(const Value& x, const Value& y) {
  if (is_floating(x.dtype())) return x / y;
  return cast(cast(x, DType::f64) / cast(y, DType::f64), x.dtype());
}

void enter_plain() {
  const std::pair<const char*, Value (*)(const Value&)> unary[] = {{"Abs", abs},
                                                                   {"Ceil", ceil},
                                                                   {"Cos", cos},
                                                                   {"Erf", erf},
                                                                   {"Exp", exp},
                                                                   {"Floor", floor},
                                                                   {"IsNaN", is_nan},
                                                                   {"Log", log},
                                                                   {"Neg", neg},
                                                                   {"Not", logical_not},
                                                                   {"Reciprocal", reciprocal},
                                                                   {"Relu", relu},
                                                                   {"Round", round},
                                                                   {"Sigmoid", sigmoid},
                                                                   {"Sign", sign},
                                                                   {"Sin", sin},
                                                                   {"Softplus", softplus},
                                                                   {"Sqrt", sqrt},
                                                                   {"Tanh", tanh}};
  read_unary("Atan", [](const Operator&, const Value& x) { return arctan2(x, x * 0.0 + 1.0); });
  for (const auto& [type, make] : unary)
    read_unary(type, [make = make](const Operator&, const Value& x) { return make(x); });
  const std::pair<const char*, Value (*)(const Value&, const Value&)> binary[] = {
      {"Add", add},         {"And", logical_and},
      {"Div", quotient},    {"Equal", equal},
      {"Greater", greater}, {"GreaterOrEqual", greater_equal},
      {"Less", less},       {"LessOrEqual", less_equal},
      {"Mul", mul},         {"Or", logical_or},
      {"Pow", pow},         {"Sub", sub}};
  for (const auto& [type, make] : binary) read_binary(type, make);
  read_chain("Max", maximum);
  read_chain("Min", minimum);
  read_chain("Sum", add);
  read_chain("Mean", add, true);
}

[[maybe_unused]] const bool elementwise_read = [] {
  enter_plain();
  using Op = Operator;
  read_unary("Cast", cast_to);
  read_unary("Clip", clip);
  read_unary("Shrink", shrink);
  read_unary("Selu", selu_of);
  read_unary("Identity", [](const Op&, const Value& x) { return x; });
  read_unary("Celu", [](const Op& op, const Value& x) {
    return CeluActivation({op.number("alpha", 1)})(x);
  });
  read_unary("Elu", [](const Op& op, const Value& x) {
    return EluActivation({op.number("alpha", 1)})(x);
  });
  read_unary("Gelu", [](const Op& op, const Value& x) {
    return GeluActivation({op.text("approximate", "none") == "tanh"})(x);
  });
  read_unary("LeakyRelu", [](const Op& op, const Value& x) {
    return LeakyReluActivation({op.number("alpha", 0.01)})(x);
  });
  read_unary("Softsign", [](const Op&, const Value& x) { return SoftsignActivation()(x); });
  read_unary("Mish", [](const Op&, const Value& x) { return MishActivation()(x); });
  read_unary("HardSwish", [](const Op&, const Value& x) { return HardSiluActivation()(x); });
  read_unary("ThresholdedRelu", [](const Op& op, const Value& x) {
    return select(greater(x, op.number("alpha", 1)), x, 0.0);
  });
  read_unary("HardSigmoid", [](const Op& op, const Value& x) {
    return minimum(maximum(op.number("alpha", 0.2) * x + op.number("beta", 0.5), 0.0), 1.0);
  });
  read_unary("IsInf", [](const Op&, const Value& x) { return greater_equal(abs(x), INFINITY); });
  register_operator("PRelu", [](const Op& op) {
    return std::vector{
        broadcast_together(op, 2, [](const auto& x) { return relu(x[0]) - x[1] * relu(-x[0]); })};
  });
  register_operator("Where", [](const Op& op) {
    return std::vector{
        broadcast_together(op, 3, [](const auto& x) { return select(x[0], x[1], x[2]); })};
  });
  register_operator("Mod", [](const Op& op) {
    if (op.integer("fmod", 0) != 0) op.refuse("fmod is 1, which is not read; only 0 is");
    return std::vector{broadcast_together(op, 2, [](const auto& x) { return mod(x[0], x[1]); })};
  });
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
