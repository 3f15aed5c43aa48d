// What scales or drops the branch of a residual block, as the ConvNeXt of keras.applications has
// it.
//
// LayerScale        times a learnt factor for each channel, small at first (Touvron et al., 2021)
// StochasticDepth   while training, drops the branch of whole rows (Huang et al., 2016)
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct LayerScaleOptions {
  double init_values = 0;      // what each factor begins with
  int64_t projection_dim = 0;  // the extent of the last axis
};

class LayerScaleLayer final : public Layer {
 public:
  using Options = LayerScaleOptions;
  explicit LayerScaleLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
  VariablePtr gamma_;
};
using LayerScale = LayerOf<LayerScaleLayer>;

struct StochasticDepthOptions {
  double drop_path_rate = 0;  // the probability that a row's branch is 0, below 1
};

class StochasticDepthLayer final : public Layer {
 public:
  using Options = StochasticDepthOptions;
  explicit StochasticDepthLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using StochasticDepth = LayerOf<StochasticDepthLayer>;

}  // namespace tutti
