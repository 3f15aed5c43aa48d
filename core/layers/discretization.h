// Discretization: numbers to the number of the bin that they lie in.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct DiscretizationOptions {
  std::optional<std::vector<double>> bin_boundaries = {};  // ascending; or learnt by adapt()
  std::optional<int64_t> num_bins = {};                    // that adapt() is to find
  double epsilon = 0.01;                                   // the error that its quantiles may have
  std::string output_mode = "int";
  bool sparse = false;
};

// (rows, ...) -> bin b, where boundary[b - 1] <= x < boundary[b]: int32, or marks or counts.
class DiscretizationLayer final : public Layer {
 public:
  using Options = DiscretizationOptions;
  explicit DiscretizationLayer(Options options);
  const Options& options() const { return options_; }
  // Boundaries at the quantiles of all numbers of `data`, as Keras estimates them (from a summary
  // that its epsilon bounds).
  void adapt(const Tensor& data) override;
  bool waits_for_adapt() const override { return !options_.bin_boundaries; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Discretization = LayerOf<DiscretizationLayer>;

}  // namespace tutti
