#include "core/graph/trace.h"

#include "core/graph/random_op.h"

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

int64_t next_call_site(std::optional<uint64_t> seed) {
  Trace* trace = Trace::current();
  return trace ? trace->next_call_site(seed) : RandomOp::kUnnumbered;
}

}  // namespace tutti
