// LSTM: gates i, f and o decide what a carried state takes up, keeps and gives. Hochreiter &
// Schmidhuber, 1997. The columns of the kernels are those of i, f, the candidate and o.
#pragma once

#include "core/layers/recurrent.h"

namespace tutti {

struct LSTMCellOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  Ref<ActivationFunction> recurrent_activation = "sigmoid";  // of the gates
  bool use_bias = true;
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> recurrent_initializer = "orthogonal";
  Ref<Initializer> bias_initializer = "zeros";
  bool unit_forget_bias = true;  // whether f's bias begins as 1
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> recurrent_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  double dropout = 0;            // of the inputs, one mask for all steps
  double recurrent_dropout = 0;  // of the states
  std::optional<int64_t> seed = {};
};

// One step: (x, h, c) -> (h, h, c).
class LSTMCellLayer final : public GatedCell {
 public:
  using Options = LSTMCellOptions;
  explicit LSTMCellLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<int64_t> state_sizes() const override { return {options_.units, options_.units}; }
  CellRun begin(int64_t features) override;

 protected:
  Ref<Initializer> bias_initializer() const override;

 private:
  Options options_;
};
using LSTMCell = LayerOf<LSTMCellLayer>;

struct LSTMOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  Ref<ActivationFunction> recurrent_activation = "sigmoid";  // of the gates
  bool use_bias = true;
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> recurrent_initializer = "orthogonal";
  Ref<Initializer> bias_initializer = "zeros";
  bool unit_forget_bias = true;  // whether f's bias begins as 1
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> recurrent_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Regularizer> activity_regularizer = {};  // on the output
  double dropout = 0;                          // of the inputs, one mask for all steps
  double recurrent_dropout = 0;                // of the states
  std::optional<int64_t> seed = {};
  bool return_sequences = false;      // the outputs of all steps, not of the last alone
  bool return_state = false;          // the last states behind the output
  bool go_backwards = false;          // from the last step to the first
  bool stateful = false;              // refused: see recurrent.h
  bool unroll = false;                // no difference: steps are always written out
  Config use_cudnn = "auto";          // no difference
  bool zero_output_for_mask = false;  // 0 where a step does not count, not the output before
};

class LSTMLayer final : public RecurrentLayer {
 public:
  using Options = LSTMOptions;
  explicit LSTMLayer(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};
using LSTM = LayerOf<LSTMLayer>;

}  // namespace tutti
