#include "tests/conformance/op_conformance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/executable.h"
#include "core/graph/gradient.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

constexpr int64_t kBatch = 13, kShards = 5;

// Elements for input `index` of the global batch: fixed, no two alike.
double element_of(const OpCase& op, size_t index, int64_t element) {
  const double x = std::fmod(0.5 + 0.6180339887498949 * static_cast<double>(element + 1) +
                                 0.3819660112501051 * static_cast<double>(index),
                             1.0);
  return op.low + (op.high - op.low) * x;
}

void fill(const OpCase& op, size_t index, const Tensor& tensor) {
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    if (tensor.dtype() == DType::f32)
      tensor.data<float>()[i] = static_cast<float>(element_of(op, index, i));
    else if (tensor.dtype() == DType::f64)
      tensor.data<double>()[i] = element_of(op, index, i);
    else
      tensor.data<int64_t>()[i] = (i * 7 + static_cast<int64_t>(index)) % op.labels;
  }
}

std::vector<Value> placeholders(const OpCase& op, DType floating) {
  std::vector<Value> inputs;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const DType dtype = is_floating(op.inputs[i].dtype) ? floating : op.inputs[i].dtype;
    inputs.push_back(make_input("input " + std::to_string(i), op.inputs[i].shape, dtype));
  }
  return inputs;
}

struct Result {
  std::vector<Tensor> outputs;
  size_t bytes(size_t output) const { return outputs[output].bytes(); }
};

class OpRun {
 public:
  OpRun(const OpCase& op, const std::vector<Value>& inputs, const std::vector<Value>& outputs,
        int64_t batch, int threads)
      : pool_(threads) {
    Graph graph{inputs, outputs, {}};
    ExecutableOptions options;
    options.pool = &pool_;
    options.layout = {batch, std::min(batch, kShards), 0, 1};
    executable_ = std::make_unique<Executable>(graph, options);
    for (size_t i = 0; i < op.inputs.size(); ++i) fill(op, i, executable_->input(i));
    count_ = outputs.size();
  }
  const Tensor& input(size_t i) const { return executable_->input(i); }
  Result run() {
    executable_->run({42, 3});
    Result result;
    for (size_t i = 0; i < count_; ++i) result.outputs.push_back(executable_->output(i).clone());
    return result;
  }

 private:
  ThreadPool pool_;
  std::unique_ptr<Executable> executable_;
  size_t count_ = 0;
};

void check_dtypes_and_threads(const OpCase& op) {
  const auto narrow = placeholders(op, DType::f32), wide = placeholders(op, DType::f64);
  const Value y32 = sum_rows(op.build(narrow)), y64 = sum_rows(op.build(wide));
  const Result one = OpRun(op, narrow, {y32}, kBatch, 1).run();
  const Result three = OpRun(op, narrow, {y32}, kBatch, 3).run();
  EXPECT_EQ(std::memcmp(one.outputs[0].raw(), three.outputs[0].raw(), one.bytes(0)), 0)
      << "threads change the bits";
  const auto a = one.outputs[0].to_vector<double>();
  const auto b = OpRun(op, wide, {y64}, kBatch, 1).run().outputs[0].to_vector<double>();
  ASSERT_EQ(a.size(), b.size());
  double largest = 1e-30;
  for (const double x : b) largest = std::max(largest, std::abs(x));
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], op.tolerance * largest) << "f32 and f64 differ at element " << i;
}

void check_rows(const OpCase& op) {
  const auto inputs = placeholders(op, DType::f32);
  const Value y = op.build(inputs);
  if (y.kind() != ValueKind::row) return;
  const Result all = OpRun(op, inputs, {y}, kBatch, 1).run();
  for (const int64_t fewer : {1, 4, 7}) {
    const Result some = OpRun(op, inputs, {y}, fewer, 1).run();
    EXPECT_EQ(std::memcmp(all.outputs[0].raw(), some.outputs[0].raw(), some.bytes(0)), 0)
        << "the first rows of " << kBatch << " differ from those of " << fewer;
  }
}

// The scalar sum of y w with fixed w, different for every element.
Value weighted_sum(const Value& y) {
  const Value ramp = 1.5 + y * y * 0.25;
  return sum_rows(reduce_sum(ramp * y));
}

// The gradients of a scalar of the inputs against central differences.
void check_gradients_of(const OpCase& op, const std::vector<Value>& inputs, const Value& loss) {
  std::vector<Value> wrt, outputs{loss};
  std::vector<size_t> positions;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (is_floating(inputs[i].dtype())) wrt.push_back(inputs[i]), positions.push_back(i);
  for (const Value& gradient : gradients(loss, wrt)) {
    ASSERT_TRUE(gradient.defined()) << "an input has no gradient";
    outputs.push_back(sum_rows(gradient));
  }
  OpRun run(op, inputs, outputs, kBatch, 1);
  const Result analytic = run.run();
  for (size_t g = 0; g < positions.size(); ++g) {
    const Tensor& x = run.input(positions[g]);
    const auto expected = analytic.outputs[g + 1].to_vector<double>();
    ASSERT_EQ(static_cast<int64_t>(expected.size()), x.elements());
    for (int64_t i = 0; i < x.elements(); ++i) {
      constexpr double kStep = 1e-5;
      double& element = x.data<double>()[i];
      const double kept = element;
      element = kept + kStep;
      const double above = run.run().outputs[0].item();
      element = kept - kStep;
      const double below = run.run().outputs[0].item();
      element = kept;
      const double numeric = (above - below) / (2 * kStep);
      const double analytic_value = expected[static_cast<size_t>(i)];
      // The difference of two large sums has lost digits.
      const double lost = 1e-10 * std::abs(above);
      EXPECT_NEAR(analytic_value, numeric, 1e-6 * std::max(1.0, std::abs(numeric)) + lost)
          << "gradient of input " << positions[g] << " at element " << i;
    }
  }
}

// First and second derivatives: the op's own gradient, then that of its gradients' weighted sum.
void check_gradients(const OpCase& op) {
  const auto inputs = placeholders(op, DType::f64);
  const Value loss = weighted_sum(sum_rows(op.build(inputs)));
  check_gradients_of(op, inputs, loss);
  std::vector<Value> wrt;
  for (const Value& input : inputs)
    if (is_floating(input.dtype())) wrt.push_back(input);
  Value slopes;
  for (const Value& gradient : gradients(loss, wrt)) {
    const Value slope = weighted_sum(sum_rows(gradient));
    slopes = slopes.defined() ? slopes + slope : slope;
  }
  SCOPED_TRACE("the gradient's gradient");
  check_gradients_of(op, inputs, slopes);
}

void check_refusals(const OpCase& op) {
  for (const auto& types : op.refused) {
    OpCase wrong = op;
    wrong.inputs = types;
    try {
      op.build(placeholders(wrong, DType::f32));
      ADD_FAILURE() << "accepted " << to_string(types[0]);
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.rfind("[", 0), 0u) << message;
      for (const auto& type : types)
        EXPECT_NE(message.find(to_string(type.shape)), std::string::npos) << message;
    }
  }
}

}  // namespace

void check_op(const OpCase& op) {
  SCOPED_TRACE(op.name);
  check_dtypes_and_threads(op);
  check_rows(op);
  if (op.differentiable) check_gradients(op);
  check_refusals(op);
}

}  // namespace tutti
