// Trace: one step being written down. While it lives (on its thread), Variable::read gives the
// newest version and Variable::assign adds an effect.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/graph.h"
#include "core/graph/variable.h"

namespace tutti {

class Trace {
 public:
  Trace();
  ~Trace();
  Trace(const Trace&) = delete;

  static Trace* current();  // null outside a trace

  Value version_of(const VariablePtr& variable);
  void set_version(const VariablePtr& variable, const Value& value);
  // A node whose run is wanted for what it does, not for its value.
  void add_effect(const Value& value) { effects_.push_back(value); }
  const std::vector<Value>& effects() const { return effects_; }
  const std::vector<VariablePtr>& variables() const { return variables_; }  // as first read or set
  int64_t next_call_site(std::optional<uint64_t> seed) { return next_call_site_[seed]++; }

 private:
  void note(const VariablePtr& variable);

  std::unordered_map<const Variable*, Value> versions_;
  std::vector<Value> effects_;
  std::vector<VariablePtr> variables_;
  std::unordered_set<const Variable*> known_;
  std::map<std::optional<uint64_t>, int64_t> next_call_site_;  // by the ops' own seed
  Trace* outer_;
};

}  // namespace tutti
