// SimpleRNN: h = activation(x kernel + h recurrent_kernel + bias) at every step.
#pragma once

#include "core/layers/recurrent.h"
#include "core/layers/recurrent_arguments.h"

namespace tutti {

struct SimpleRNNCellOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  TUTTI_CELL_INITIALIZERS;
  TUTTI_CELL_REGULARIZERS;
  TUTTI_CELL_CONSTRAINTS;
  TUTTI_CELL_DROPOUT;
  std::optional<int64_t> seed = {};
};

// One step: (x, h) -> (h, h).
class SimpleRNNCellLayer final : public GatedCell {
 public:
  using Options = SimpleRNNCellOptions;
  explicit SimpleRNNCellLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<Shape> state_shapes(const Shape& input) const override {
    return {Shape{input[0], options_.units}};
  }
  CellRun begin(const Shape& input) override;

 private:
  Options options_;
};
using SimpleRNNCell = LayerOf<SimpleRNNCellLayer>;

struct SimpleRNNOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  TUTTI_CELL_INITIALIZERS;
  TUTTI_CELL_REGULARIZERS;
  Ref<Regularizer> activity_regularizer = {};  // on the output
  TUTTI_CELL_CONSTRAINTS;
  TUTTI_CELL_DROPOUT;
  std::optional<int64_t> seed = {};
  TUTTI_RECURRENCE;
  bool unroll = false;                // no difference: steps are always written out
  bool zero_output_for_mask = false;  // 0 where a step does not count, not the output before
};

class SimpleRNNLayer final : public RecurrentLayer {
 public:
  using Options = SimpleRNNOptions;
  explicit SimpleRNNLayer(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};
using SimpleRNN = LayerOf<SimpleRNNLayer>;

}  // namespace tutti
