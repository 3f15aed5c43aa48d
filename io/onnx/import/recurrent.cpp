// LSTM, GRU and RNN: their steps are written out, as those of our layers are.
#include <algorithm>
#include <array>

#include "core/activations/elu.h"
#include "core/activations/leaky_relu.h"
#include "core/activations/plain.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"
#include "io/onnx/import/operator.h"

namespace tutti::onnx {
namespace {

using Activation = std::function<Value(const Value&)>;
constexpr int64_t kSteps = 4096;

struct Recurrent {
  int gates = 1;
  size_t states = 1;
  std::vector<std::string> activations;
};

// A value (.., rows, ..) whose rows are ONNX's axis `rows`, with its axes in another order, the
// rows first. What is the same for all rows has an extent of 1 there.
Value arranged(const Operator& op, size_t input, std::initializer_list<size_t> axes) {
  const Meaning& x = op.meaning(input);
  if (x.rank() != axes.size())
    op.refuse("input {} has {} axes, not {}; export the model again", input, x.rank(), axes.size());
  std::vector<int> order;
  for (const size_t axis : axes) order.push_back(x.axis(axis));
  if (x.value.kind() == ValueKind::row && order[0] != 0)
    op.refuse("has its rows in another axis than {} of input {}", *axes.begin(), input);
  const Value y = transpose(x.value, order);
  if (y.kind() == ValueKind::row) return y;
  std::vector<int64_t> dims = y.shape().dims();
  if (dims[0] != 1 && dims[0] != op.declared_rows())
    op.refuse("input {} has {} rows of its own; the model's are open", input, dims[0]);
  dims[0] = kRows;
  return broadcast_to(slice(y, 0, 0, 1), Shape(std::move(dims)));
}

// The activations of one direction, each with its alpha and beta if it takes any.
class ActivationsInOrder {
 public:
  ActivationsInOrder(const Operator& op, const Recurrent& kind, size_t directions) : op_(op) {
    names_ = op.texts("activations");
    for (size_t i = 0; names_.size() < directions * kind.activations.size(); ++i)
      names_.push_back(kind.activations[i % kind.activations.size()]);
    alphas_ = op.numbers("activation_alpha");
    betas_ = op.numbers("activation_beta");
  }
  Activation next() {
    const std::string name = at_ < names_.size() ? names_[at_++] : "";
    if (name == "Tanh") return [](const Value& x) { return tanh(x); };
    if (name == "Sigmoid") return [](const Value& x) { return sigmoid(x); };
    if (name == "Relu") return [](const Value& x) { return relu(x); };
    if (name == "Softsign") return SoftsignActivation();
    if (name == "Softplus") return [](const Value& x) { return softplus(x); };
    if (name == "Affine")
      return [a = take(alphas_, 1), b = take(betas_, 0)](const Value& x) { return a * x + b; };
    if (name == "HardSigmoid")
      return [a = take(alphas_, 0.2), b = take(betas_, 0.5)](const Value& x) {
        return minimum(maximum(a * x + b, 0.0), 1.0);
      };
    if (name == "LeakyRelu") return LeakyReluActivation({take(alphas_, 0.01)});
    if (name == "Elu") return EluActivation({take(alphas_, 1)});
    op_.refuse(
        "activation '{}' is not read; Tanh, Sigmoid, Relu, Softsign, Softplus, Affine, "
        "HardSigmoid, LeakyRelu and Elu are",
        name);
  }

 private:
  static double take(std::vector<double>& numbers, double otherwise) {
    if (numbers.empty()) return otherwise;
    const double first = numbers.front();
    numbers.erase(numbers.begin());
    return first;
  }

  const Operator& op_;
  std::vector<std::string> names_;
  std::vector<double> alphas_, betas_;
  size_t at_ = 0;
};

// What one direction multiplies with: (features, gates units), (units, gates units), biases.
struct Weights {
  Value kernel, recurrent, input_bias, state_bias;
};

Value of_direction(const Value& x, int64_t direction) {
  return squeeze(slice(x, 0, direction, direction + 1), 0);
}

Weights weights_of(const Operator& op, int64_t direction, int64_t columns) {
  Weights w{transpose(of_direction(op.value(1), direction)),
            transpose(of_direction(op.value(2), direction)),
            {},
            {}};
  if (op.has(3)) {
    const auto halves = split(of_direction(op.value(3), direction), {columns, columns});
    w.input_bias = halves[0];
    w.state_bias = halves[1];
  }
  return w;
}

using States = std::vector<Value>;  // h, and c of an LSTM
using Step = std::function<States(const Value& projected, const States& before)>;

Step lstm_step(const Weights& w, std::array<Activation, 3> f) {
  return [=](const Value& x, const States& before) {
    const auto g = split(x + matmul(before[0], w.recurrent), 4);  // i, o, f, c
    const Value c = f[0](g[2]) * before[1] + f[0](g[0]) * f[1](g[3]);
    return States{f[0](g[1]) * f[2](c), c};
  };
}

Step gru_step(const Weights& w, std::array<Activation, 2> f, bool after, int64_t units) {
  return [=](const Value& x, const States& before) {
    const Value& h = before[0];
    const auto in = split(x, 3);  // z, r, h
    const auto biased = [&](const Value& y, int64_t begin, int64_t end) {
      return w.state_bias.defined() ? y + slice(w.state_bias, 0, begin, end) : y;
    };
    const auto product = [&](const Value& state, int64_t begin, int64_t end) {
      return biased(matmul(state, slice(w.recurrent, 1, begin, end)), begin, end);
    };
    const auto gates = split(product(h, 0, 2 * units), 2);
    const Value z = f[0](in[0] + gates[0]), r = f[0](in[1] + gates[1]);
    const Value candidate =
        after ? r * product(h, 2 * units, 3 * units) : product(r * h, 2 * units, 3 * units);
    return States{(1.0 - z) * f[1](in[2] + candidate) + z * h};
  };
}

Step rnn_step(const Weights& w, const Activation& f) {
  return [=](const Value& x, const States& before) {
    return States{f(x + matmul(before[0], w.recurrent))};
  };
}

Step step_of(const Operator& op, const Recurrent& kind, const Weights& w,
             ActivationsInOrder& activations, int64_t units) {
  const Activation first = activations.next();
  if (kind.gates == 1) return rnn_step(w, first);
  const Activation second = activations.next();
  if (kind.gates == 3)
    return gru_step(w, {first, second}, op.integer("linear_before_reset", 0) != 0, units);
  return lstm_step(w, {first, second, activations.next()});
}

// The outputs of all steps in the input's order, (rows, steps, units), then the last states.
std::vector<Value> run_direction(const Operator& op, const Recurrent& kind, const Value& x,
                                 int64_t direction, bool reverse, ActivationsInOrder& activations) {
  const int64_t units = op.value(2).shape()[-1], steps = x.shape()[1];
  const Weights w = weights_of(op, direction, kind.gates * units);
  const Step step = step_of(op, kind, w, activations, units);
  Value projected = matmul(x, w.kernel);
  if (w.input_bias.defined()) projected = projected + w.input_bias;
  // GRU's states have a bias of their own, behind the reset gate.
  if (w.state_bias.defined() && kind.gates != 3) projected = projected + w.state_bias;
  const auto at = split(projected, static_cast<int>(steps), 1);
  States states;
  for (size_t i = 0; i < kind.states; ++i) {
    if (op.has(5 + i))
      states.push_back(
          squeeze(slice(arranged(op, 5 + i, {1, 0, 2}), 1, direction, direction + 1), 1));
    else
      states.push_back(broadcast_to(Value(Tensor::zeros({}, x.dtype())), {kRows, units}));
  }
  std::vector<Value> outputs(static_cast<size_t>(steps));
  for (int64_t i = 0; i < steps; ++i) {
    const auto place = static_cast<size_t>(reverse ? steps - 1 - i : i);
    states = step(squeeze(at[place], 1), states);
    outputs[place] = states[0];
  }
  states.insert(states.begin(), stack(outputs, 1));
  return states;
}

void check_recurrent(const Operator& op, const Recurrent& kind, int64_t directions) {
  op.require("layout", 0);
  op.require("input_forget", 0);
  if (op.attribute("clip")) op.refuse("clip is not read; leave it out");
  if (op.has(4)) op.refuse("sequence_lens is not read: all rows have all steps; leave it out");
  if (op.has(7)) op.refuse("peepholes are not read; leave them out");
  const int64_t units =
      op.integer("hidden_size", op.value(2).shape().rank() == 3 ? op.value(2).shape()[-1] : -1);
  const auto fits = [&](size_t input, const Shape& shape) {
    return op.value(input).shape() == shape && op.value(input).kind() == ValueKind::same;
  };
  const int64_t columns = kind.gates * units;
  if (units < 1 || op.value(1).shape().rank() != 3 ||
      !fits(1, {directions, columns, op.value(1).shape()[-1]}) ||
      !fits(2, {directions, columns, units}) || (op.has(3) && !fits(3, {directions, 2 * columns})))
    op.refuse("W, R and B do not fit {} units in {} directions; export the model again", units,
              directions);
}

OperatorReader recurrent(Recurrent kind) {
  return [kind](const Operator& op) -> std::vector<Meaning> {
    const std::string direction = op.text("direction", "forward");
    const int64_t directions = direction == "bidirectional" ? 2 : 1;
    check_recurrent(op, kind, directions);
    if (op.meaning(0).value.kind() != ValueKind::row)
      op.refuse("runs over steps that are no rows of the model's inputs");
    const Value x = arranged(op, 0, {1, 0, 2});
    if (x.shape()[1] < 1 || x.shape()[1] > kSteps)
      op.refuse("has {} steps; use 1 to {}", x.shape()[1], kSteps);
    if (x.shape()[-1] != op.value(1).shape()[-1])
      op.refuse("W is for {} features, the input has {}", op.value(1).shape()[-1], x.shape()[-1]);
    op.spend(directions * x.shape()[1] * 16);
    ActivationsInOrder activations(op, kind, static_cast<size_t>(directions));
    std::vector<std::vector<Value>> parts(1 + kind.states);
    for (int64_t d = 0; d < directions; ++d) {
      const auto made =
          run_direction(op, kind, x, d, d == 1 || direction == "reverse", activations);
      for (size_t i = 0; i < made.size(); ++i) parts[i].push_back(made[i]);
    }
    std::vector<Meaning> results{
        {stack(parts[0], 2), {1, 2, 0, 3}}};  // steps, directions, rows, units
    for (size_t i = 1; i < parts.size(); ++i) results.push_back({stack(parts[i], 1), {1, 0, 2}});
    return results;
  };
}

[[maybe_unused]] const bool recurrent_read =
    register_operator("LSTM", recurrent({4, 2, {"Sigmoid", "Tanh", "Tanh"}})) &&
    register_operator("GRU", recurrent({3, 1, {"Sigmoid", "Tanh"}})) &&
    register_operator("RNN", recurrent({1, 1, {"Tanh"}}));

}  // namespace
}  // namespace tutti::onnx
