// LSTM: gates i, f and o decide what a carried state takes up, keeps and gives. Hochreiter &
// Schmidhuber, 1997. The columns of the kernels are those of i, f, the candidate and o.
#pragma once

#include "core/layers/recurrent.h"
#include "core/layers/recurrent_arguments.h"

namespace tutti {

struct LSTMCellOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  Ref<ActivationFunction> recurrent_activation = "sigmoid";  // of the gates
  TUTTI_CELL_INITIALIZERS;
  bool unit_forget_bias = true;  // whether f's bias begins as 1
  TUTTI_CELL_REGULARIZERS;
  TUTTI_CELL_CONSTRAINTS;
  TUTTI_CELL_DROPOUT;
  std::optional<int64_t> seed = {};
};

// One step: (x, h, c) -> (h, h, c).
class LSTMCellLayer final : public GatedCell {
 public:
  using Options = LSTMCellOptions;
  explicit LSTMCellLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<Shape> state_shapes(const Shape& input) const override {
    return std::vector<Shape>(2, Shape{input[0], options_.units});
  }
  CellRun begin(const Shape& input) override;

 protected:
  Ref<Initializer> bias_initializer() const override;

 private:
  Options options_;
};
using LSTMCell = LayerOf<LSTMCellLayer>;

// Initializes the biases of all gates but f's, which are 1: the gate begins open. Jozefowicz et
// al., 2015.
Ref<Initializer> open_forget_gate(const Ref<Initializer>& others, int64_t units);

struct LSTMOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  Ref<ActivationFunction> recurrent_activation = "sigmoid";  // of the gates
  TUTTI_CELL_INITIALIZERS;
  bool unit_forget_bias = true;  // whether f's bias begins as 1
  TUTTI_CELL_REGULARIZERS;
  Ref<Regularizer> activity_regularizer = {};  // on the output
  TUTTI_CELL_CONSTRAINTS;
  TUTTI_CELL_DROPOUT;
  std::optional<int64_t> seed = {};
  TUTTI_RECURRENCE;
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
