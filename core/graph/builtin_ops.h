// The ops that the graph itself knows: leaves, versions, phases and sums over rows.
#pragma once

#include <memory>
#include <optional>

#include "core/graph/op.h"
#include "core/graph/variable.h"

namespace tutti {

// A placeholder fed at each step. Inputs with axis 0 == kRows are row values, others same.
class InputOp final : public Op {
 public:
  InputOp(std::string label, ValueType type) : label_(std::move(label)), type_(std::move(type)) {}
  std::string_view name() const override { return "input"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override { return {type_}; }
  bool pure() const override { return false; }
  const std::string& label() const { return label_; }

 private:
  std::string label_;
  ValueType type_;
};
Value make_input(const std::string& label, const Shape& shape, DType dtype = DType::f32);

class ConstantOp final : public Op {
 public:
  explicit ConstantOp(Tensor tensor) : tensor_(std::move(tensor)) {}
  explicit ConstantOp(double number) : tensor_(number), number_(number), weak_(true) {}
  std::string_view name() const override { return "constant"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override;
  std::string parameters() const override;
  bool pure() const override { return false; }
  const Tensor& tensor() const { return tensor_; }
  bool weak() const { return weak_; }        // a bare C++ number, see Value(double)
  double number() const { return number_; }  // of a weak one: all its digits

 private:
  Tensor tensor_;
  double number_ = 0;
  bool weak_ = false;
};
// The tensor of a constant value, or null.
const Tensor* constant_of(const Value& value);

class ReadOp final : public Op {
 public:
  explicit ReadOp(VariablePtr variable) : variable_(std::move(variable)) {}
  std::string_view name() const override { return "read"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override;
  std::string parameters() const override;
  void* fixed_output(size_t) const override { return variable_->value().raw(); }
  const VariablePtr& variable() const { return variable_; }

 private:
  VariablePtr variable_;
};

// Gives a variable a new version; the output is that version.
class AssignOp final : public Op {
 public:
  explicit AssignOp(VariablePtr variable) : variable_(std::move(variable)) {}
  std::string_view name() const override { return "assign"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  bool pure() const override { return false; }
  void* fixed_output(size_t) const override { return variable_->value().raw(); }
  void* input_place() const override { return variable_->value().raw(); }
  const VariablePtr& variable() const { return variable_; }

 private:
  VariablePtr variable_;
};

// in_training(a, b): a while training, b otherwise; chosen before an Executable is made.
class PhaseOp final : public Op {
 public:
  std::string_view name() const override { return "in_training"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
};
Value in_training(const Value& training, const Value& otherwise);

// While one stands on this thread, in_training() is settled: what a call with training=false means.
class FixedPhase {
 public:
  explicit FixedPhase(std::optional<bool> training);  // no value: as it was
  ~FixedPhase();
  FixedPhase(const FixedPhase&) = delete;
  FixedPhase& operator=(const FixedPhase&) = delete;

 private:
  std::optional<bool> outer_;
};

// The tree sum over all shards of all ranks: partial -> same.
class SumRowsOp final : public Op {
 public:
  std::string_view name() const override { return "sum_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool collective() const override { return true; }
};
Value sum_rows(const Value& partial);  // a value that is not partial is returned as it is

// The number of rows of the global batch, an f32 scalar equal on all ranks.
class RowCountOp final : public Op {
 public:
  std::string_view name() const override { return "row_count"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override { return {ValueType{}}; }
};
Value row_count();

// Identity whose gradient is cut.
class StopGradientOp final : public Op {
 public:
  std::string_view name() const override { return "stop_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  std::vector<Value> gradient(const std::shared_ptr<Node>&, std::span<const Value>) const override {
    return {Value()};
  }
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool view() const override { return true; }
};
Value stop_gradient(const Value& value);

}  // namespace tutti
