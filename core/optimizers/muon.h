// Muon: momentum of matrices, made orthogonal by Newton-Schulz steps; Adam for everything else.
// Jordan et al., 2024; its size follows Liu et al., 2025. Every rank orthogonalizes whole matrices.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct MuonOptions {
  LearningRate learning_rate = 0.001;
  double adam_beta_1 = 0.9;
  double adam_beta_2 = 0.999;
  std::optional<double> adam_weight_decay = 0.004;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = 0.004;  // of matrices
  TUTTI_LAST_OPTIMIZER_OPTIONS;
  // Regular expressions; a variable whose name has a match goes by Adam.
  std::optional<std::vector<std::string>> exclude_layers = {};
  bool exclude_embeddings = true;
  double muon_a = 3.4445, muon_b = -4.775, muon_c = 2.0315;
  double adam_lr_ratio = 1.0;
  double momentum = 0.95;
  int64_t ns_steps = 5;
  bool nesterov = true;
  std::optional<double> rms_rate = 0.2;
};

class Muon final : public Optimizer {
 public:
  using Options = MuonOptions;
  explicit Muon(Options options = {});
  explicit Muon(LearningRate rate) : Muon(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  std::optional<double> weight_decay_of(const Variable& variable) const override;

 private:
  bool goes_by_adam(const Variable& variable) const;
  Value orthogonal(const Value& matrix) const;

  Options options_;
};

}  // namespace tutti
