// Trace: one step being written down. While it lives (on its thread), Variable::read gives the
// newest version and Variable::assign adds an effect.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/graph.h"
#include "core/graph/variable.h"

namespace tutti {

class ParameterGroup;

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
  // Once the step is written down: it assigns where `condition`, a same bool scalar, is true, and
  // else leaves every variable as it was. The condition may be computed from what is assigned.
  void only_if(const Value& condition);
  const std::vector<Value>& effects() const { return effects_; }
  const std::vector<VariablePtr>& variables() const { return variables_; }  // as first read or set
  // Gradients that an optimizer is about to apply: its share of their sums.
  struct Gradients {
    std::shared_ptr<ParameterGroup> group;
    Value share;
  };
  void note_gradients(Gradients gradients) { gradients_.push_back(std::move(gradients)); }
  const std::vector<Gradients>& gradients() const { return gradients_; }
  int64_t next_call_site(std::optional<uint64_t> seed) { return next_call_site_[seed]++; }

 private:
  void note(const VariablePtr& variable);
  static Value put_off(Node& assign);

  std::unordered_map<const Variable*, Value> versions_;
  std::vector<Value> effects_;
  std::vector<VariablePtr> variables_;
  std::unordered_set<const Variable*> known_;
  std::map<std::optional<uint64_t>, int64_t> next_call_site_;  // by the ops' own seed
  Trace* outer_;
  std::vector<Gradients> gradients_;
};

}  // namespace tutti
