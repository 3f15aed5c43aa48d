// Optimizers. A class writes its update once, elementwise, for all parameters together: they lie in
// one flat order, of which each rank updates its share (ZeRO-1; core/graph/parameter_group.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/graph/gradient.h"
#include "core/graph/parameter_group.h"
#include "core/optimizers/learning_rate_schedule.h"

namespace tutti {

// What every optimizer takes besides its own arguments; Keras's names and defaults. Each options
// struct repeats them as members, so that they can be designated: Adam({.learning_rate = 0.01}).
struct OptimizerOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay =
      {};                               // decoupled: p -= rate * weight_decay * p before the update
  std::optional<double> clipnorm = {};  // each gradient by its own norm
  std::optional<double> clipvalue = {};        // each element
  std::optional<double> global_clipnorm = {};  // all gradients by their common norm
};

// The common part of an optimizer's options.
template <typename Options>
OptimizerOptions common_options(const Options& options) {
  return {options.learning_rate, options.weight_decay, options.clipnorm, options.clipvalue,
          options.global_clipnorm};
}

// TUTTI_REGISTER(Optimizer, Adam, "Adam", "...").with(declare_common_options) declares them.
inline constexpr auto declare_common_options = []<typename Builder>(Builder& builder) {
  using Options = typename Builder::Options;
  builder.argument("learning_rate", &Options::learning_rate, "a rate or a schedule")
      .argument("weight_decay", &Options::weight_decay,
                "decoupled decay per update, times the rate")
      .argument("clipnorm", &Options::clipnorm, "largest norm of each gradient")
      .argument("clipvalue", &Options::clipvalue, "largest magnitude of each gradient element")
      .argument("global_clipnorm", &Options::global_clipnorm,
                "largest norm of all gradients together");
};

class Optimizer : public Configurable {
 public:
  static constexpr const char* category = "optimizer";
  explicit Optimizer(OptimizerOptions common);  // throws for a value out of range

  // Lays the variables out in one flat order and makes the slots. Called once, before the first
  // apply.
  void build(const std::vector<VariablePtr>& variables, Reducer& reducer);
  bool built() const { return group_ != nullptr; }

  // In a Trace: one update, in Keras's order (clip, decay, update). The variables have new versions
  // afterwards. Throws for a layout of another world than build() was told.
  void apply(const std::vector<Gradient>& gradients, const ShardLayout& layout);

  // The rate of the next update; set_ throws under a schedule.
  double learning_rate() const;
  void set_learning_rate(double rate);
  int64_t iterations() const;

  const std::shared_ptr<ParameterGroup>& group() const { return group_; }
  // The step counter, the rate, then the slots' shares: what a checkpoint keeps.
  std::vector<VariablePtr> variables() const;

 protected:
  // One update, traced. All values are shares of the flat order or scalars.
  struct Update {
    Optimizer& self;
    Value parameter;      // share, after weight decay
    Value gradient;       // after clipping
    Value learning_rate;  // scalar of the parameters' dtype
    Value step;           // f64 scalar, 1 at the first update
    Value slot(const std::string& name, double initial = 0.0) const;  // zeros at first
    void set_slot(const std::string& name, const Value& value) const;
    Value scalar(const Value& f64) const;  // in the parameters' dtype
  };
  virtual Value update(const Update& update) const = 0;  // the new parameter

  OptimizerOptions common_;

 private:
  VariablePtr slot_variable(const std::string& name, double initial);
  Value clipped(const Value& gradient) const;

  std::shared_ptr<ParameterGroup> group_;
  VariablePtr iterations_, rate_;
  std::vector<std::pair<std::string, VariablePtr>> slots_;
};

}  // namespace tutti
