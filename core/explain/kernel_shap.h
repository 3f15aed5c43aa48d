// Kernel SHAP: Shapley values of any function by a weighted linear regression over coalitions of
// features. Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017;
// numbers of the package `shap`.
#pragma once

#include <optional>
#include <string>

#include "core/explain/explanation.h"

namespace tutti {

struct KernelShapOptions {
  // Coalitions tried for a row; all where that is enough. By default 2 features + 2048.
  std::optional<int64_t> nsamples = std::nullopt;
  std::string link = "identity";             // of the output, or "logit"
  std::optional<int64_t> num_features = 10;  // most that may contribute, by least angle regression
  uint64_t seed = 0;                         // of the coalitions drawn where not all are tried
};

// Which features are a row's own and which the background's, and what each such row weighs.
struct ShapCoalitions {
  Matrix masks;  // (coalitions, features that vary): 1 where it is the row's own
  std::vector<double> weights;
};

class KernelExplainer {
 public:
  // Background rows (n, features) stand for features that are not known.
  KernelExplainer(PredictFunction predict, const Tensor& background,
                  KernelShapOptions options = {});
  // Of rows (n, features).
  ShapValues shap_values(const Tensor& rows) const;

 private:
  ShapCoalitions coalitions_of(int64_t features) const;
  // Through the link, (coalitions, outputs): the mean over the background where the features that a
  // mask leaves out are the background's.
  Matrix values_of(const ShapCoalitions& coalitions, std::span<const double> row,
                   const std::vector<int64_t>& varying) const;
  std::vector<double> solve(const ShapCoalitions& coalitions, std::vector<double> gains,
                            double total) const;
  std::vector<int64_t> varying_features(std::span<const double> row) const;
  double link(double value) const;

  PredictFunction predict_;
  KernelShapOptions options_;
  Matrix background_;
  DType dtype_;
  std::vector<double> base_;  // through the link, per output
};

}  // namespace tutti
