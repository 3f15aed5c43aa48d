// Variable: state that outlives a step. In a graph it is read and assigned by nodes; each assign
// makes a new version.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/value.h"

namespace tutti {

class Variable {
 public:
  // `kind` is same (the default), or share for optimizer state over a flat parameter order.
  Variable(std::string name, Tensor initial, bool trainable = true,
           ValueKind kind = ValueKind::same)
      : name_(std::move(name)), value_(std::move(initial)), trainable_(trainable), kind_(kind) {}

  const std::string& name() const { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  const Shape& shape() const { return value_.shape(); }
  DType dtype() const { return value_.dtype(); }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }
  // What an optimizer makes of it after each step; empty for nothing.
  using Constrain = std::function<Value(const Value& weight)>;
  const Constrain& constraint() const { return constraint_; }
  void set_constraint(Constrain constraint) { constraint_ = std::move(constraint); }
  ValueKind kind() const { return kind_; }
  ValueType type() const { return {dtype(), shape(), kind_}; }

  // The current elements, between steps. Writing into them changes the variable.
  const Tensor& value() const { return value_; }
  void set_value(const Tensor& value);  // same shape and dtype; copies. Throws naming the variable.
  // Moves the elements to other memory of the same shape (a flat order, another device).
  void rebind(Tensor place);

  // This version of the variable in the graph being traced; cast where an AutocastScope says so.
  Value read();
  // The version that stands before the step.
  Value base_read();
  // Gives it a new version in the step being traced. Throws outside a Trace.
  Value assign(const Value& value);

 private:
  std::string name_;
  Tensor value_;
  bool trainable_;
  ValueKind kind_;
  Constrain constraint_;
  std::weak_ptr<Variable> self_;
  std::weak_ptr<Node> read_;
  friend std::shared_ptr<Variable> make_variable(std::string, Tensor, bool, ValueKind);
};
using VariablePtr = std::shared_ptr<Variable>;

VariablePtr make_variable(std::string name, Tensor initial, bool trainable = true,
                          ValueKind kind = ValueKind::same);

// Floating variables that are read while it lives (on its thread) come in this dtype: a layer's
// call that computes in another dtype than that of its weights. None: in their own.
class AutocastScope {
 public:
  explicit AutocastScope(std::optional<DType> dtype);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;

 private:
  std::optional<DType> outer_;
};

}  // namespace tutti
