// LossScaleOptimizer: an optimizer for gradients of 16 bits. The loss is multiplied by a scale,
// which halves whenever a gradient is not finite (that step is passed over), and doubles after many
// that are. Micikevicius et al., 2018.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct LossScaleOptimizerOptions {
  Ref<Optimizer> inner_optimizer = {};
  double initial_scale = 32768.0;
  int64_t dynamic_growth_steps = 2000;
};

class LossScaleOptimizer final : public Optimizer {
 public:
  using Options = LossScaleOptimizerOptions;
  explicit LossScaleOptimizer(Options options);  // throws without an inner optimizer
  const Options& options() const { return options_; }
  double scale() const;  // now

  void build(const std::vector<VariablePtr>& variables, Reducer& reducer) override;
  Value scale_loss(const Value& loss) const override;
  void apply(const std::vector<Gradient>& gradients, const ShardLayout& layout) override;
  void finalize_variable_values(Reducer& reducer) override;
  bool keeps_averages() const override { return options_.inner_optimizer->keeps_averages(); }
  void use_averages(bool use, Reducer& reducer) override {
    options_.inner_optimizer->use_averages(use, reducer);
  }
  void exclude_from_weight_decay(const std::vector<VariablePtr>& variables,
                                 const std::vector<std::string>& words) override;
  bool moves_parameters() const override { return options_.inner_optimizer->moves_parameters(); }
  bool wraps_another() const override { return true; }
  double learning_rate() const override { return options_.inner_optimizer->learning_rate(); }
  void set_learning_rate(double rate) override {
    options_.inner_optimizer->set_learning_rate(rate);
  }
  int64_t iterations() const override { return options_.inner_optimizer->iterations(); }
  const std::shared_ptr<ParameterGroup>& group() const override {
    return options_.inner_optimizer->group();
  }
  std::vector<VariablePtr> variables() const override;

 protected:
  Value update(const Update& u) const override;  // never called: the inner optimizer updates

 private:
  Options options_;
  VariablePtr step_counter_, scale_;
};

}  // namespace tutti
