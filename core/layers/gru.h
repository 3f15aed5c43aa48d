// GRU: gates z and r decide what a state keeps and what its candidate sees of it. Cho et al., 2014.
// The columns of the kernels are those of z, r and the candidate.
#pragma once

#include "core/layers/recurrent.h"
#include "core/layers/recurrent_arguments.h"

namespace tutti {

struct GRUCellOptions {
  int64_t units = 0;
  Ref<ActivationFunction> activation = "tanh";
  Ref<ActivationFunction> recurrent_activation = "sigmoid";  // of the gates
  TUTTI_CELL_INITIALIZERS;
  TUTTI_CELL_REGULARIZERS;
  TUTTI_CELL_CONSTRAINTS;
  TUTTI_CELL_DROPOUT;
  bool reset_after = true;  // r times the state's product; false: the product of r times the state
  std::optional<int64_t> seed = {};
};

// One step: (x, h) -> (h, h).
class GRUCellLayer final : public GatedCell {
 public:
  using Options = GRUCellOptions;
  explicit GRUCellLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<Shape> state_shapes(const Shape& input) const override {
    return {Shape{input[0], options_.units}};
  }
  CellRun begin(const Shape& input) override;

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
  TUTTI_CELL_INITIALIZERS;
  TUTTI_CELL_REGULARIZERS;
  Ref<Regularizer> activity_regularizer = {};  // on the output
  TUTTI_CELL_CONSTRAINTS;
  TUTTI_CELL_DROPOUT;
  std::optional<int64_t> seed = {};
  TUTTI_RECURRENCE;
  bool unroll = false;      // no difference: steps are always written out
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
