#include "core/graph/trace.h"

#include "core/graph/builtin_ops.h"
#include "core/graph/elementwise.h"
#include "core/graph/parameter_group_ops.h"
#include "core/graph/random_op.h"
#include "core/graph/schedule.h"

namespace tutti {
namespace {

thread_local Trace* current_trace = nullptr;

}  // namespace

Trace::Trace() : outer_(current_trace) { current_trace = this; }
Trace::~Trace() { current_trace = outer_; }
Trace* Trace::current() { return current_trace; }

void Trace::note(const VariablePtr& variable) {
  if (known_.insert(variable.get()).second) variables_.push_back(variable);
}

Value Trace::version_of(const VariablePtr& variable) {
  note(variable);
  const auto found = versions_.find(variable.get());
  return found == versions_.end() ? variable->base_read() : found->second;
}

void Trace::set_version(const VariablePtr& variable, const Value& value) {
  note(variable);
  versions_[variable.get()] = value;
}

// The node keeps its value, without assigning it; another node, which is returned, assigns it.
Value Trace::put_off(Node& assign) {
  const auto op = assign.op;
  const Value assigned = assign.inputs[0];
  if (const auto* share = dynamic_cast<const AssignShareOp*>(op.get())) {
    assign.op = std::make_shared<GatherShareOp>(share->group().shared_from_this());
    return make_node_outputs(op, {assigned})[0];
  }
  assign.op = std::make_shared<CopyOp>();
  return make_node(op, {assigned});
}

void Trace::only_if(const Value& condition) {
  std::unordered_set<const Node*> needed;
  for (const auto& node : topological_order({condition})) needed.insert(node.get());
  for (Value& effect : effects_) {
    const Op* op = effect.node()->op.get();
    Value before;
    if (const auto* share = dynamic_cast<const AssignShareOp*>(op))
      before = make_node(std::make_shared<ReadShareOp>(share->group().shared_from_this()), {});
    else if (const auto* one = dynamic_cast<const AssignOp*>(op))
      before = one->variable()->base_read();
    else
      continue;
    if (needed.contains(effect.node().get())) effect = put_off(*effect.node());
    Value& assigned = effect.node()->inputs[0];
    assigned = elementwise("select", {condition, assigned, before});
  }
}

int64_t next_call_site(std::optional<uint64_t> seed) {
  Trace* trace = Trace::current();
  return trace ? trace->next_call_site(seed) : RandomOp::kUnnumbered;
}

}  // namespace tutti
