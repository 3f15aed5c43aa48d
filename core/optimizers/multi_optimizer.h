// MultiOptimizer: an optimizer for each part of a model, by the names of its variables: other rates
// for other layers, or another method.
#pragma once

#include <map>

#include "core/optimizers/optimizer.h"

namespace tutti {

struct MultiOptimizerOptions {
  // Of a variable whose name ("dense_1/kernel") is the key, or which the key, a regular expression,
  // matches as a whole.
  std::map<std::string, Ref<Optimizer>> optimizer_map = {};
  std::optional<double> loss_scale_factor = {};  // of all; their own do not count
  Ref<Optimizer> default_optimizer = {};         // of the other variables
};

class MultiOptimizer final : public Optimizer {
 public:
  using Options = MultiOptimizerOptions;
  explicit MultiOptimizer(Options options);  // throws for a key that is no regular expression
  const Options& options() const { return options_; }

  // Throws for a variable with several optimizers, or with none.
  void build(const std::vector<VariablePtr>& variables, Reducer& reducer) override;
  bool built() const override { return !trained_.empty(); }
  void apply(const std::vector<Gradient>& gradients, const ShardLayout& layout) override;
  void finalize_variable_values(Reducer& reducer) override;
  bool keeps_averages() const override;  // if one of them does
  void use_averages(bool use, Reducer& reducer) override;
  void exclude_from_weight_decay(const std::vector<VariablePtr>& variables,
                                 const std::vector<std::string>& words) override;
  bool moves_parameters() const override;
  bool wraps_another() const override { return true; }
  // Of the first of its optimizers, by key; the others' change in proportion, so that a callback
  // slows all of them down. Keras has neither.
  double learning_rate() const override;
  void set_learning_rate(double rate) override;
  int64_t iterations() const override;
  std::vector<VariablePtr> trained() const override { return trained_; }
  std::vector<const Optimizer*> parts() const override;
  std::vector<VariablePtr> variables() const override;

 protected:
  Value update(const Update& u) const override;  // never called: its optimizers update

 private:
  struct Part {
    Ref<Optimizer> optimizer;
    double rate = 0;                  // at first
    std::vector<size_t> places = {};  // of its variables among all
  };
  Part& part_of(const Variable& variable);

  Options options_;
  std::vector<Part> parts_;
  std::vector<VariablePtr> trained_;
};

}  // namespace tutti
