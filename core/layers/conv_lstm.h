// ConvLSTM1D, ConvLSTM2D, ConvLSTM3D: an LSTM whose products are convolutions, so that states are
// images. Shi et al., 2015. Columns of the kernels as an LSTM's: i, f, the candidate and o.
//
// (rows, steps, s.., channels) -> (rows, o.., filters) or, with return_sequences, (rows, steps,
// o.., filters); with data_format "channels_first" channels and filters stand before the spatial
// axes.
#pragma once

#include "core/layers/recurrent.h"
#include "core/layers/spatial.h"

namespace tutti {

struct ConvLSTMOptions {
  int64_t filters = 0;
  Extents kernel_size = {};
  Extents strides = 1;  // of the input; states are convolved in place
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Extents dilation_rate = 1;  // of the input
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
  bool zero_output_for_mask = false;  // 0 where a step does not count, not the output before
};

class ConvLSTMLayer : public RecurrentLayer {
 public:
  using Options = ConvLSTMOptions;
  const Options& options() const { return options_; }

 protected:
  ConvLSTMLayer(size_t axes, const char* name, Options options);
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  Options options_;
};

class ConvLSTM1DLayer final : public ConvLSTMLayer {
 public:
  explicit ConvLSTM1DLayer(Options options) : ConvLSTMLayer(1, "ConvLSTM1D", std::move(options)) {}
};
class ConvLSTM2DLayer final : public ConvLSTMLayer {
 public:
  explicit ConvLSTM2DLayer(Options options) : ConvLSTMLayer(2, "ConvLSTM2D", std::move(options)) {}
};
class ConvLSTM3DLayer final : public ConvLSTMLayer {
 public:
  explicit ConvLSTM3DLayer(Options options) : ConvLSTMLayer(3, "ConvLSTM3D", std::move(options)) {}
};
using ConvLSTM1D = LayerOf<ConvLSTM1DLayer>;
using ConvLSTM2D = LayerOf<ConvLSTM2DLayer>;
using ConvLSTM3D = LayerOf<ConvLSTM3DLayer>;

}  // namespace tutti
