// GRU: gates z and r decide what a state keeps and what its candidate sees of it. Cho et al., 2014.
// The columns of the kernels are those of z, r and the candidate.
#pragma once

#include "core/layers/recurrent.h"

namespace tutti {

struct GRUCellOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  Ref<ActivationFunction> recurrent_activation = "sigmoid";  // of the gates
  bool use_bias = true;
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> recurrent_initializer = "orthogonal";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> recurrent_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  double dropout = 0;            // of the inputs, one mask for all steps
  double recurrent_dropout = 0;  // of the states
  bool reset_after = true;  // r times the state's product; false: the product of r times the state
  std::optional<int64_t> seed = {};
};

// One step: (x, h) -> (h, h).
class GRUCellLayer final : public GatedCell {
 public:
  using Options = GRUCellOptions;
  explicit GRUCellLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<int64_t> state_sizes() const override { return {options_.units}; }
  CellRun begin(int64_t features) override;

 protected:
  Shape bias_shape() const override;

 private:
  Options options_;
};
using GRUCell = LayerOf<GRUCellLayer>;

struct GRUOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  Ref<ActivationFunction> recurrent_activation = "sigmoid";  // of the gates
  bool use_bias = true;
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> recurrent_initializer = "orthogonal";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> recurrent_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Regularizer> activity_regularizer = {};  // on the output
  double dropout = 0;                          // of the inputs, one mask for all steps
  double recurrent_dropout = 0;                // of the states
  std::optional<int64_t> seed = {};
  bool return_sequences = false;  // the outputs of all steps, not of the last alone
  bool return_state = false;      // the last states behind the output
  bool go_backwards = false;      // from the last step to the first
  bool stateful = false;          // refused: see recurrent.h
  bool unroll = false;            // no difference: steps are always written out
  bool reset_after = true;  // r times the state's product; false: the product of r times the state
  Config use_cudnn = "auto";          // no difference
  bool zero_output_for_mask = false;  // 0 where a step does not count, not the output before
};

class GRULayer final : public RecurrentLayer {
 public:
  using Options = GRUOptions;
  explicit GRULayer(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};
using GRU = LayerOf<GRULayer>;

}  // namespace tutti
