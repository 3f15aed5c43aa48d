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

// The last arguments of every optimizer, with Keras's names, defaults and order. A macro, since
// each options struct has them as members of its own, which can be designated: Adam({.clipnorm
// = 1.0}).
//   clipnorm, clipvalue, global_clipnorm  bounds on each gradient's norm, each element, the norm of
//                                         all gradients together; one of them at most
//   use_ema      keeps average = ema_momentum * average + (1 - ema_momentum) * parameter, which
//                replaces the parameters every ema_overwrite_frequency updates and at the end of
//                fit
//   loss_scale_factor            multiplies the loss before, and divides the gradients after
//   gradient_accumulation_steps  updates by the mean of the gradients of so many steps, once in as
//                                many; a schedule goes on counting steps, as in Keras
#define TUTTI_LAST_OPTIMIZER_OPTIONS                   \
  std::optional<double> clipnorm = {};                 \
  std::optional<double> clipvalue = {};                \
  std::optional<double> global_clipnorm = {};          \
  bool use_ema = false;                                \
  double ema_momentum = 0.99;                          \
  std::optional<int64_t> ema_overwrite_frequency = {}; \
  std::optional<double> loss_scale_factor = {};        \
  std::optional<int64_t> gradient_accumulation_steps = {}

// What every optimizer takes besides its own arguments.
struct OptimizerOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = {};  // decoupled: p -= rate * weight_decay * p first
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

// The common part of an optimizer's options.
template <typename Options>
OptimizerOptions common_options(const Options& options) {
  return {options.learning_rate,     options.weight_decay,
          options.clipnorm,          options.clipvalue,
          options.global_clipnorm,   options.use_ema,
          options.ema_momentum,      options.ema_overwrite_frequency,
          options.loss_scale_factor, options.gradient_accumulation_steps};
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
                "largest norm of all gradients together")
      .argument("use_ema", &Options::use_ema, "average the parameters over the updates")
      .argument("ema_momentum", &Options::ema_momentum, "part of the average that stays")
      .argument("ema_overwrite_frequency", &Options::ema_overwrite_frequency,
                "updates after which the average replaces the parameters; null: at the end of fit")
      .argument("loss_scale_factor", &Options::loss_scale_factor,
                "multiplies the loss, divides its gradients")
      .argument("gradient_accumulation_steps", &Options::gradient_accumulation_steps,
                "steps whose mean gradient makes one update");
};

class Optimizer : public Configurable {
 public:
  static constexpr const char* category = "optimizer";
  explicit Optimizer(OptimizerOptions common);  // throws for a value out of range

  // Lays the variables out in one flat order and makes the slots. Called once, before the first
  // apply.
  virtual void build(const std::vector<VariablePtr>& variables, Reducer& reducer);
  virtual bool built() const { return group() != nullptr; }
  virtual std::vector<VariablePtr> trained() const;  // what build() was given
  // Takes the place of the option of that name; before build(), by an optimizer that wraps this.
  void set_loss_scale_factor(std::optional<double> factor) { common_.loss_scale_factor = factor; }

  // In a Trace: the loss whose gradients apply() expects, times loss_scale_factor.
  virtual Value scale_loss(const Value& loss) const;
  // In a Trace: one step, in Keras's order (unscale, accumulate, clip, decay, update, average,
  // constrain). The variables have new versions afterwards. Throws for a layout of another world
  // than build() was told.
  virtual void apply(const std::vector<Gradient>& gradients, const ShardLayout& layout);
  // The same with this rank's share of the summed gradients. Where `allowed`, a bool scalar, is
  // false, nothing changes; no value: it is true.
  void apply_share(const Value& gradient, const ShardLayout& layout, const Value& allowed = {});
  // With use_ema, gives the variables their averages, if there were steps; fit ends so. Collective.
  virtual void finalize_variable_values(Reducer& reducer);
  virtual bool keeps_averages() const { return common_.use_ema; }
  // Exchanges the variables with their averages, and back; nothing where there is none yet.
  // Training goes on with the variables' own values only. Collective.
  virtual void use_averages(bool use, Reducer& reducer);

  // Weight decay leaves these variables alone, and those whose own name ("bias") contains one of
  // the words. Throws once built.
  virtual void exclude_from_weight_decay(const std::vector<VariablePtr>& variables,
                                         const std::vector<std::string>& words = {});

  // Whether an update moves parameters from where they are. Otherwise it makes them anew from its
  // slots, and without gradient or with decay they do not stay where one expects them.
  virtual bool moves_parameters() const { return true; }

  // Whether it leaves updates to others, and the optimizers whose shares are its state.
  virtual bool wraps_another() const { return false; }
  virtual std::vector<const Optimizer*> parts() const { return {this}; }

  // The rate of the next update; set_ throws under a schedule.
  virtual double learning_rate() const;
  virtual void set_learning_rate(double rate);
  virtual int64_t iterations() const;  // updates so far

  virtual const std::shared_ptr<ParameterGroup>& group() const { return group_; }
  // The step counter, the rate, then the slots' shares: what a checkpoint keeps.
  virtual std::vector<VariablePtr> variables() const;

  // The state as Keras's files have it: updates, the rate unless a schedule gives it, then slot by
  // slot a tensor for each variable. Collective. Empty before build().
  std::vector<Tensor> saved_state(Reducer& reducer) const;
  // After build(). Throws Error (data) for a state of other variables.
  void load_state(const std::vector<Tensor>& state);
  // Whether its state has that form.
  bool has_saved_state() const { return !saved_slots().empty(); }

 protected:
  // One update, traced. All values are shares of the flat order or scalars.
  struct Update {
    Optimizer& self;
    Value parameter;      // share, after weight decay
    Value gradient;       // after clipping
    Value learning_rate;  // scalar of the parameters' dtype
    Value step;           // f64 scalar, 1 at the first update
    Value due = {};       // whether this step updates; no value: always
    Value slot(const std::string& name, double initial = 0.0) const;  // zeros at first
    Value parameter_slot(const std::string& name) const;  // the parameters of build() at first
    // State that is no share: of any shape, the same on all ranks.
    Value whole_slot(const std::string& name, const Tensor& initial) const;
    void set_slot(const std::string& name, const Value& value) const;
    Value scalar(const Value& f64) const;  // in the parameters' dtype
  };
  virtual Value update(const Update& update) const = 0;  // the new parameter
  // Its slots in Keras's order. Those of one group take turns: for each variable all of them. None:
  // Keras keeps the state of such an optimizer in another form.
  using SlotGroups = std::vector<std::vector<std::string>>;
  virtual SlotGroups saved_slots() const { return {}; }
  // After a saved state is loaded: slots that are not in it, or not exactly, made from what is.
  virtual void restore_others() {}
  void set_whole_slot(const std::string& name, const Tensor& value);  // there is such a slot
  // The decay of a variable that is not excluded from it.
  virtual std::optional<double> weight_decay_of(const Variable& variable) const;

  OptimizerOptions common_;

 private:
  VariablePtr slot_variable(const std::string& name, double initial);
  VariablePtr slot_variable(const std::string& name, const std::function<Tensor()>& initial,
                            ValueKind kind);
  bool decays(const VariablePtr& variable) const;  // it is not excluded
  Value constrained(const Value& share) const;
  void set_slot(const std::string& name, const Value& value);
  int64_t steps() const;  // applied so far
  Value accumulated(const Value& gradient, const Value& due);
  Value clipped(const Value& gradient) const;
  Value decayed(const Value& parameter, const Value& rate) const;
  Value averaged(const Value& parameter, const Value& updates);
  void assign_averages(Reducer& reducer);
  Tensor share_of_variables() const;  // a copy
  Value next_share(Value gradient);
  SlotGroups present_slots() const;
  const VariablePtr& slot_named(const std::string& name) const;
  std::vector<Tensor> gathered(const VariablePtr& slot, Reducer& reducer) const;
  size_t load_slots(const std::vector<std::string>& names, const std::vector<Tensor>& state,
                    size_t next);

  std::vector<VariablePtr> undecayed_;
  std::vector<std::string> undecayed_words_;
  std::shared_ptr<ParameterGroup> group_;
  VariablePtr iterations_, rate_;
  bool uses_averages_ = false;
  Value allowed_;  // of the step being traced
  std::vector<std::pair<std::string, VariablePtr>> slots_;
};

}  // namespace tutti
