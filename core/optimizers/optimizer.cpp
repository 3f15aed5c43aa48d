#include "core/optimizers/optimizer.h"

#include <algorithm>

#include "core/base/error.h"
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

}  // namespace

Optimizer::Optimizer(OptimizerOptions common) : common_(std::move(common)) {
  (void)optimizer_keys_declared;
  if (!common_.learning_rate.schedule && !(common_.learning_rate.rate >= 0))
    fail("optimizer", "learning_rate is {}; use 0 or more", common_.learning_rate.rate);
  if (common_.weight_decay && !(*common_.weight_decay >= 0))
    fail("optimizer", "weight_decay is {}; use 0 or more", *common_.weight_decay);
  check_bound("clipnorm", common_.clipnorm);
  check_bound("clipvalue", common_.clipvalue);
  check_bound("global_clipnorm", common_.global_clipnorm);
  if (common_.clipnorm.has_value() + common_.clipvalue.has_value() +
          common_.global_clipnorm.has_value() >
      1)
    fail("optimizer", "clipnorm, clipvalue and global_clipnorm exclude each other; keep one");
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
  const Value parameter = group_->read_share();
  const Value rate = cast(rate_->read(), group_->dtype());
  update(Update{*this, parameter, parameter, rate, f64_scalar(1.0)});
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

void Optimizer::apply(const std::vector<Gradient>& gradients, const ShardLayout& layout) {
  if (!built()) fail(ExitCode::internal, "optimizer", "apply() before build(); build it first");
  if (layout.rank != group_->rank() || layout.world != group_->world())
    fail(ExitCode::world, "optimizer",
         "was built for rank {} of {}, the step is for rank {} of {}; build it for this world",
         group_->rank(), group_->world(), layout.rank, layout.world);
  const auto& schedule = common_.learning_rate.schedule;
  const Value gradient = clipped(group_->reduce_scatter(gradients));
  const Value iterations = iterations_->read();
  const Value step = cast(iterations, DType::f64);
  const Value rate = cast(schedule ? (*schedule)(step) : rate_->read(), group_->dtype());
  Value parameter = group_->read_share();
  if (common_.weight_decay) parameter = parameter - parameter * *common_.weight_decay * rate;
  group_->assign_share(update(Update{*this, parameter, gradient, rate, step + 1.0}));
  iterations_->assign(iterations + 1.0);
}

double Optimizer::learning_rate() const {
  const auto& schedule = common_.learning_rate.schedule;
  if (schedule) return schedule->at(static_cast<double>(iterations()));
  return built() ? rate_->value().to_host().item() : common_.learning_rate.rate;
}

void Optimizer::set_learning_rate(double rate) {
  if (common_.learning_rate.schedule)
    fail("optimizer", "its learning rate follows a schedule; give a number to set it by hand");
  if (!(rate >= 0)) fail("optimizer", "learning_rate is {}; use 0 or more", rate);
  common_.learning_rate.rate = rate;
  if (built()) rate_->set_value(Tensor::full({}, rate, DType::f64));
}

int64_t Optimizer::iterations() const {
  return built() ? iterations_->value().to_vector<int64_t>()[0] : 0;
}

std::vector<VariablePtr> Optimizer::variables() const {
  if (!built()) return {};
  std::vector<VariablePtr> all = {iterations_, rate_};
  for (const auto& [name, variable] : slots_) all.push_back(variable);
  return all;
}

VariablePtr Optimizer::slot_variable(const std::string& name, double initial) {
  const auto found = std::find_if(slots_.begin(), slots_.end(),
                                  [&](const auto& slot) { return slot.first == name; });
  if (found != slots_.end()) return found->second;
  const Tensor start = Tensor::full({group_->share().size()}, initial, group_->dtype());
  auto variable = make_variable("optimizer/" + name, start.to(group_->flat().device()), false,
                                ValueKind::share);
  slots_.emplace_back(name, variable);
  return variable;
}

Value Optimizer::Update::slot(const std::string& name, double initial) const {
  return self.slot_variable(name, initial)->read();
}

void Optimizer::Update::set_slot(const std::string& name, const Value& value) const {
  self.slot_variable(name, 0.0)->assign(value);
}

Value Optimizer::Update::scalar(const Value& f64) const { return cast(f64, parameter.dtype()); }

}  // namespace tutti
