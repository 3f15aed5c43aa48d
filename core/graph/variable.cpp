#include "core/graph/variable.h"

#include <utility>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/elementwise.h"
#include "core/graph/trace.h"

namespace tutti {
namespace {

thread_local std::optional<DType> autocast_dtype;

}  // namespace

AutocastScope::AutocastScope(std::optional<DType> dtype)
    : outer_(std::exchange(autocast_dtype, dtype)) {}
AutocastScope::~AutocastScope() { autocast_dtype = outer_; }

VariablePtr make_variable(std::string name, Tensor initial, bool trainable, ValueKind kind) {
  auto variable = std::make_shared<Variable>(std::move(name), std::move(initial), trainable, kind);
  variable->self_ = variable;
  return variable;
}

void Variable::set_value(const Tensor& value) {
  if (value.shape() != shape() || value.dtype() != dtype())
    fail("variable", "'{}' is {} {}, the new value is {} {}; give it the same shape and dtype",
         name_, name_of(dtype()), to_string(shape()), name_of(value.dtype()),
         to_string(value.shape()));
  value_.copy_from(value);
}

void Variable::rebind(Tensor place) {
  place.copy_from(value_);
  value_ = std::move(place);
}

Value Variable::read() {
  Trace* trace = Trace::current();
  const Value version = trace ? trace->version_of(self_.lock()) : base_read();
  return autocast_dtype && is_floating(dtype()) ? cast(version, *autocast_dtype) : version;
}

Value Variable::base_read() {
  // One node while anybody holds it, so that a gradient finds every use of the variable.
  if (auto node = read_.lock(); node && node->outputs[0] == type()) return Value(node);
  Value value = make_node(std::make_shared<ReadOp>(self_.lock()), {});
  read_ = value.node();
  return value;
}

Value Variable::assign(const Value& value) {
  Trace* trace = Trace::current();
  if (!trace)
    fail("variable", "'{}' was assigned outside a step; use set_value() between steps", name_);
  Value version = make_node(std::make_shared<AssignOp>(self_.lock()), {sum_rows(value)});
  trace->set_version(self_.lock(), version);
  trace->add_effect(version);
  return version;
}

}  // namespace tutti
