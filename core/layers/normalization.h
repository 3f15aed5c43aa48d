// Normalization: (x - mean) / sqrt(variance), a mean and a variance for each place along `axis`.
// They are given, or computed from data by adapt() and kept as weights.
#pragma once

#include "core/layers/layer.h"
#include "core/tensor/number_array.h"

namespace tutti {

struct NormalizationOptions {
  // The axes that keep statistics of their own; none: one mean and variance for everything.
  std::optional<std::vector<int>> axis = std::vector<int>{-1};
  std::optional<NumberArray> mean = {};
  std::optional<NumberArray> variance = {};
  bool invert = false;  // x sqrt(variance) + mean
};

class NormalizationLayer final : public Layer {
 public:
  using Options = NormalizationOptions;
  explicit NormalizationLayer(Options options);
  const Options& options() const { return options_; }
  // The population mean and variance of all of `data` (rows first, any numeric dtype), in f64.
  void adapt(const Tensor& data) override;
  bool waits_for_adapt() const override { return !options_.mean && !learnt_mean_.defined(); }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  void prepare(const Shape& input);
  Tensor given(const NumberArray& array, const char* name) const;

  Options options_;
  std::vector<bool> kept_;                // of each axis, whether it has statistics of its own
  Shape statistics_;                      // the kept extents
  Shape broadcast_;                       // with 1 for the others, without rows
  Tensor learnt_mean_, learnt_variance_;  // f64, what the weights begin as
  VariablePtr mean_, variance_;
};
using Normalization = LayerOf<NormalizationLayer>;

}  // namespace tutti
