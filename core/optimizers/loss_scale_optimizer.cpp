#include "core/optimizers/loss_scale_optimizer.h"

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {

LossScaleOptimizer::LossScaleOptimizer(Options options)
    : Optimizer(OptimizerOptions{}), options_(std::move(options)) {
  constexpr const char* where = "LossScaleOptimizer";
  if (!options_.inner_optimizer)
    fail(where, "needs an inner_optimizer; name one, for example 'adam'");
  if (options_.inner_optimizer->wraps_another())
    fail(where, "holds an optimizer that wraps another; give it that one itself");
  options_.inner_optimizer->set_loss_scale_factor(std::nullopt);  // the scale is its factor
  if (!(options_.initial_scale > 0))
    fail(where, "initial_scale is {}; use a positive number", options_.initial_scale);
  if (options_.dynamic_growth_steps < 1)
    fail(where, "dynamic_growth_steps is {}; use 1 or more", options_.dynamic_growth_steps);
}

void LossScaleOptimizer::build(const std::vector<VariablePtr>& variables, Reducer& reducer) {
  options_.inner_optimizer->build(variables, reducer);
  Device& device = group()->flat().device();
  step_counter_ =
      make_variable("optimizer/step_counter", Tensor::zeros({}, DType::i64).to(device), false);
  scale_ = make_variable("optimizer/dynamic_scale",
                         Tensor::full({}, options_.initial_scale, DType::f32).to(device), false);
}

double LossScaleOptimizer::scale() const {
  return scale_ ? scale_->value().to_host().item() : options_.initial_scale;
}

Value LossScaleOptimizer::scale_loss(const Value& loss) const {
  if (!scale_) fail(ExitCode::internal, "LossScaleOptimizer", "scale_loss() before build()");
  return loss * cast(scale_->read(), loss.dtype());
}

void LossScaleOptimizer::apply(const std::vector<Gradient>& gradients, const ShardLayout& layout) {
  ParameterGroup& shares = *group();
  const Value scaled = shares.reduce_scatter(gradients), scale = scale_->read();
  const Value finite = equal(reduce_sum(shares.not_finite(scaled)), 0.0);
  options_.inner_optimizer->apply_share(scaled / cast(scale, shares.dtype()), layout, finite);
  const Value count = step_counter_->read();
  const Value full = equal(count, static_cast<double>(options_.dynamic_growth_steps - 1));
  scale_->assign(select(finite, select(full, scale * 2.0, scale), scale * 0.5));
  step_counter_->assign(select(logical_and(finite, logical_not(full)), count + 1.0, count * 0.0));
}

void LossScaleOptimizer::finalize_variable_values(Reducer& reducer) {
  options_.inner_optimizer->finalize_variable_values(reducer);
}

void LossScaleOptimizer::exclude_from_weight_decay(const std::vector<VariablePtr>& variables,
                                                   const std::vector<std::string>& words) {
  options_.inner_optimizer->exclude_from_weight_decay(variables, words);
}

std::vector<VariablePtr> LossScaleOptimizer::variables() const {
  if (!scale_) return {};
  std::vector<VariablePtr> all = {step_counter_, scale_};
  for (const auto& variable : options_.inner_optimizer->variables()) all.push_back(variable);
  return all;
}

Value LossScaleOptimizer::update(const Update&) const {
  fail(ExitCode::internal, "LossScaleOptimizer", "its inner optimizer updates; call apply()");
}

TUTTI_REGISTER(Optimizer, LossScaleOptimizer, "LossScaleOptimizer",
               "an optimizer whose loss is scaled to what 16 bits hold")
    .required("inner_optimizer", &LossScaleOptimizerOptions::inner_optimizer, "which updates")
    .argument("initial_scale", &LossScaleOptimizerOptions::initial_scale, "of the loss, at first")
    .argument("dynamic_growth_steps", &LossScaleOptimizerOptions::dynamic_growth_steps,
              "finite steps after which the scale doubles");

}  // namespace tutti
