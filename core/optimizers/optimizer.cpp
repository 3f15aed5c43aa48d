#include "core/optimizers/optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/graph/executable.h"
#include "core/graph/trace.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

const bool optimizer_keys_declared = (add_common_key(Optimizer::category, "name"), true);

void check_bound(const char* name, const std::optional<double>& bound) {
  if (bound && !(*bound > 0))
    fail("optimizer", "{} is {}; use a positive number or leave it out", name, *bound);
}

void check_count(const char* name, const std::optional<int64_t>& count, int64_t least) {
  if (count && *count < least)
    fail("optimizer", "{} is {}; use {} or more, or leave it out", name, *count, least);
}

}  // namespace

Optimizer::Optimizer(OptimizerOptions common) : common_(std::move(common)) {
  (void)optimizer_keys_declared;
  const double rate = common_.learning_rate.rate;
  if (!common_.learning_rate.schedule && !(rate >= 0 && std::isfinite(rate)))
    fail("optimizer", "learning_rate is {}; use a finite number of 0 or more", rate);
  if (common_.weight_decay && !(*common_.weight_decay >= 0))
    fail("optimizer", "weight_decay is {}; use 0 or more", *common_.weight_decay);
  check_bound("clipnorm", common_.clipnorm);
  check_bound("clipvalue", common_.clipvalue);
  check_bound("global_clipnorm", common_.global_clipnorm);
  if (common_.clipnorm.has_value() + common_.clipvalue.has_value() +
          common_.global_clipnorm.has_value() >
      1)
    fail("optimizer", "clipnorm, clipvalue and global_clipnorm exclude each other; keep one");
  if (!(common_.ema_momentum >= 0 && common_.ema_momentum <= 1))
    fail("optimizer", "ema_momentum is {}; use a number from 0 to 1", common_.ema_momentum);
  check_count("ema_overwrite_frequency", common_.ema_overwrite_frequency, 1);
  check_count("gradient_accumulation_steps", common_.gradient_accumulation_steps, 2);
  check_bound("loss_scale_factor", common_.loss_scale_factor);
}

void Optimizer::build(const std::vector<VariablePtr>& variables, Reducer& reducer) {
  if (built()) fail("optimizer", "is built for a model already; make another one for this model");
  if (variables.empty())
    fail("optimizer", "has nothing to train; give the model trainable weights");
  group_ = std::make_shared<ParameterGroup>(variables, reducer);
  Device& device = group_->flat().device();
  iterations_ =
      make_variable("optimizer/iteration", Tensor::zeros({}, DType::i64).to(device), false);
  rate_ = make_variable("optimizer/learning_rate",
                        Tensor::full({}, common_.learning_rate.rate, DType::f64).to(device), false);
  // An update written down and thrown away: its slots are made, hence known before the first step.
  const Trace trial;
  next_share(group_->read_share());
}

std::vector<VariablePtr> Optimizer::trained() const {
  return group() ? group()->variables() : std::vector<VariablePtr>{};
}

Value Optimizer::scale_loss(const Value& loss) const {
  return common_.loss_scale_factor ? loss * *common_.loss_scale_factor : loss;
}

// The mean of the gradients since the last update where one is due.
Value Optimizer::accumulated(const Value& gradient, const Value& due) {
  const Value sum = slot_variable("gradient_accumulator", 0.0)->read() + gradient;
  set_slot("gradient_accumulator", select(due, 0.0, sum));
  return sum / static_cast<double>(*common_.gradient_accumulation_steps);
}

Value Optimizer::clipped(const Value& gradient) const {
  if (common_.clipnorm) {
    // Each gradient times clipnorm / max(its norm, clipnorm).
    const Value norms = sqrt(group_->tensor_sums(square(gradient)));
    const Value largest = maximum(norms, *common_.clipnorm);
    return gradient * *common_.clipnorm / group_->expand(largest);
  }
  if (common_.global_clipnorm) {
    const double bound = *common_.global_clipnorm;
    const Value norm = sqrt(reduce_sum(group_->tensor_sums(square(gradient))));
    // norm - norm is 0, or NaN for a norm that is not finite, which must not be hidden.
    return gradient * (bound * minimum(1.0 / norm, 1.0 / bound) + (norm - norm));
  }
  if (common_.clipvalue) return minimum(maximum(gradient, -*common_.clipvalue), *common_.clipvalue);
  return gradient;
}

std::optional<double> Optimizer::weight_decay_of(const Variable&) const {
  return common_.weight_decay;
}

bool Optimizer::decays(const VariablePtr& variable) const {
  const std::string own = variable->name().substr(variable->name().rfind('/') + 1);
  return std::none_of(undecayed_words_.begin(), undecayed_words_.end(),
                      [&](const auto& word) { return own.find(word) != std::string::npos; }) &&
         std::find(undecayed_.begin(), undecayed_.end(), variable) == undecayed_.end();
}

Value Optimizer::decayed(const Value& parameter, const Value& rate) const {
  std::vector<double> each;  // of each variable
  for (const auto& variable : group_->variables())
    each.push_back(decays(variable) ? weight_decay_of(*variable).value_or(0.0) : 0.0);
  const bool alike = std::all_of(each.begin(), each.end(), [&](double d) { return d == each[0]; });
  if (alike && each[0] == 0) return parameter;
  if (alike) return parameter - parameter * each[0] * rate;
  const auto count = static_cast<int64_t>(each.size());
  const Value decay = group_->expand(Value(Tensor::from(each, {count}).to(group_->dtype())));
  return parameter - parameter * decay * rate;
}

// The share with the constraints of the variables kept.
Value Optimizer::constrained(const Value& share) const {
  const auto& variables = group_->variables();
  if (std::none_of(variables.begin(), variables.end(),
                   [](const auto& variable) { return bool(variable->constraint()); }))
    return share;
  // Norms go along axes, which shares cut: each rank computes from whole weights, hence the same.
  std::vector<Value> weights = group_->gather(share);
  for (size_t i = 0; i < variables.size(); ++i)
    if (const auto& constraint = variables[i]->constraint()) weights[i] = constraint(weights[i]);
  return group_->take(weights);
}

// The average with `parameter`, which is the first that it sees; what the parameter is to be.
Value Optimizer::averaged(const Value& parameter, const Value& updates) {
  const Value kept =
      cast(select(equal(updates, 0.0), f64_scalar(0.0), f64_scalar(common_.ema_momentum)),
           group_->dtype());
  const Value average = kept * slot_variable("average", 0.0)->read() + (1.0 - kept) * parameter;
  set_slot("average", average);
  const auto& every = common_.ema_overwrite_frequency;
  if (!every) return parameter;
  const Value overwrite = equal(mod(updates + 1.0, static_cast<double>(*every)), 0.0);
  return select(overwrite, average, parameter);
}

// This rank's new parameters from its share of the summed gradients.
Value Optimizer::next_share(Value gradient) {
  const auto& schedule = common_.learning_rate.schedule;
  const Value step = cast(iterations_->read(), DType::f64);
  const Value rate = cast(schedule ? (*schedule)(step) : rate_->read(), group_->dtype());
  const Value parameter = group_->read_share();
  Value updates = step, due;
  if (common_.use_ema) slot_variable("average", 0.0);  // slots in Keras's order
  if (common_.loss_scale_factor) gradient = gradient / *common_.loss_scale_factor;
  if (common_.gradient_accumulation_steps) {
    const auto every = static_cast<double>(*common_.gradient_accumulation_steps);
    updates = floor(step / every);
    due = equal(mod(step + 1.0, every), 0.0);
    gradient = accumulated(gradient, due);
  }
  Value next =
      update(Update{*this, decayed(parameter, rate), clipped(gradient), rate, updates + 1.0, due});
  if (due.defined()) next = select(due, next, parameter);
  return common_.use_ema ? averaged(next, updates) : next;
}

void Optimizer::apply(const std::vector<Gradient>& gradients, const ShardLayout& layout) {
  if (!built()) fail(ExitCode::internal, "optimizer", "apply() before build(); build it first");
  const Value sum = group_->reduce_scatter(gradients);
  if (Trace* trace = Trace::current()) trace->note_gradients({group_, sum});
  apply_share(sum, layout);
}

void Optimizer::apply_share(const Value& gradient, const ShardLayout& layout,
                            const Value& allowed) {
  if (layout.rank != group_->rank() || layout.world != group_->world())
    fail(ExitCode::world, "optimizer",
         "was built for rank {} of {}, the step is for rank {} of {}; build it for this world",
         group_->rank(), group_->world(), layout.rank, layout.world);
  allowed_ = allowed;
  const Value next = constrained(next_share(gradient)), steps = iterations_->read() + 1.0;
  const auto if_allowed = [&](const Value& value, const Value& old) {
    return allowed.defined() ? select(allowed, value, old) : value;
  };
  group_->assign_share(if_allowed(next, group_->read_share()));
  iterations_->assign(if_allowed(steps, iterations_->read()));
  allowed_ = {};
}

void Optimizer::finalize_variable_values(Reducer& reducer) {
  use_averages(true, reducer);
  if (!std::exchange(uses_averages_, false)) return;
  slot_variable("average", 0.0)->set_value(share_of_variables());
}

void Optimizer::use_averages(bool use, Reducer& reducer) {
  if (!common_.use_ema || steps() == 0 || use == uses_averages_) return;  // none was begun
  const Tensor held = share_of_variables();
  assign_averages(reducer);
  slot_variable("average", 0.0)->set_value(held);
  uses_averages_ = use;
}

Tensor Optimizer::share_of_variables() const {
  const Range share = group_->share();
  return group_->flat().slice_rows(share.begin, share.end).clone();
}

void Optimizer::assign_averages(Reducer& reducer) {
  const Trace trace;
  group_->assign_share(slot_variable("average", 0.0)->read());
  Graph graph;
  graph.effects = trace.effects();
  ExecutableOptions options;
  options.device = &group_->flat().device();
  options.reducer = &reducer;
  options.layout = {group_->world(), group_->world(), group_->rank(), group_->world()};
  Executable(graph, options).run({});
}

void Optimizer::exclude_from_weight_decay(const std::vector<VariablePtr>& variables,
                                          const std::vector<std::string>& words) {
  if (built())
    fail("optimizer", "is built already; call exclude_from_weight_decay() before the first step");
  undecayed_ = variables;
  undecayed_words_ = words;
}

double Optimizer::learning_rate() const {
  const auto& schedule = common_.learning_rate.schedule;
  if (schedule) return schedule->at(static_cast<double>(steps()));
  return built() ? rate_->value().to_host().item() : common_.learning_rate.rate;
}

void Optimizer::set_learning_rate(double rate) {
  if (common_.learning_rate.schedule)
    fail("optimizer", "its learning rate follows a schedule; give a number to set it by hand");
  if (!(rate >= 0)) fail("optimizer", "learning_rate is {}; use 0 or more", rate);
  common_.learning_rate.rate = rate;
  if (built()) rate_->set_value(Tensor::full({}, rate, DType::f64));
}

int64_t Optimizer::steps() const {
  return built() ? iterations_->value().to_vector<int64_t>()[0] : 0;
}
int64_t Optimizer::iterations() const {
  return steps() / common_.gradient_accumulation_steps.value_or(1);
}

std::vector<VariablePtr> Optimizer::variables() const {
  if (!built()) return {};
  std::vector<VariablePtr> all = {iterations_, rate_};
  for (const auto& [name, variable] : slots_) all.push_back(variable);
  return all;
}

VariablePtr Optimizer::slot_variable(const std::string& name,
                                     const std::function<Tensor()>& initial, ValueKind kind) {
  const auto found = std::find_if(slots_.begin(), slots_.end(),
                                  [&](const auto& slot) { return slot.first == name; });
  if (found != slots_.end()) return found->second;
  auto variable =
      make_variable("optimizer/" + name, initial().to(group_->flat().device()), false, kind);
  slots_.emplace_back(name, variable);
  return variable;
}

VariablePtr Optimizer::slot_variable(const std::string& name, double initial) {
  return slot_variable(
      name, [&] { return Tensor::full({group_->share().size()}, initial, group_->dtype()); },
      ValueKind::share);
}

Value Optimizer::Update::parameter_slot(const std::string& name) const {
  const auto begin_with_parameters = [&] {
    const Range share = self.group_->share();
    return self.group_->flat().slice_rows(share.begin, share.end).clone();
  };
  return self.slot_variable(name, begin_with_parameters, ValueKind::share)->read();
}

Value Optimizer::Update::whole_slot(const std::string& name, const Tensor& initial) const {
  return self
      .slot_variable(
          name, [&] { return initial; }, ValueKind::same)
      ->read();
}

Value Optimizer::Update::slot(const std::string& name, double initial) const {
  return self.slot_variable(name, initial)->read();
}

void Optimizer::set_slot(const std::string& name, const Value& value) {
  const auto variable = slot_variable(name, 0.0);
  variable->assign(allowed_.defined() ? select(allowed_, value, variable->read()) : value);
}

void Optimizer::Update::set_slot(const std::string& name, const Value& value) const {
  self.set_slot(name, due.defined() ? select(due, value, slot(name)) : value);
}

Value Optimizer::Update::scalar(const Value& f64) const { return cast(f64, parameter.dtype()); }

}  // namespace tutti
