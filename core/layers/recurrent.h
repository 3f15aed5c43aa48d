// Recurrent layers: a cell applied to one step after another. RNN(cell) takes any; SimpleRNN, LSTM
// and GRU bring their own.
#pragma once

#include "core/layers/recurrent_arguments.h"
#include "core/layers/recurrent_cell.h"

namespace tutti {

struct Recurrence {
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false,
       zero_output_for_mask = false;
};
template <typename Options>
Recurrence recurrence_of(const Options& o) {
  return {o.return_sequences, o.return_state, o.go_backwards, o.stateful, o.zero_output_for_mask};
}

// (rows, steps, features), and initial states if any, -> (rows, units) or, with return_sequences,
// (rows, steps, units) in the order of computation; with return_state the last states follow. Where
// the input's mask leaves a step out, states stay and the output is the one before (at first 0).
//
// stateful: row i of a batch begins with the states that row i of the batch before ended with, kept
// as weights that are not trained. They have as many rows as the model's InputLayer says with
// batch_shape; a smaller batch uses and changes the first of them. reset_states() makes them 0.
class RecurrentLayer : public Layer {
 public:
  const Recurrence& recurrence() const { return recurrence_; }
  void reset_states();
  void set_zero_output_for_mask(bool zero) { recurrence_.zero_output_for_mask = zero; }
  std::vector<LayerPart> parts() const override { return {{"cell", cell_}}; }
  bool supports_masking() const override { return true; }
  std::vector<std::string> call_names() const override { return {"sequences", "initial_state*"}; }

 protected:
  RecurrentLayer(std::shared_ptr<RecurrentCell> cell, Recurrence recurrence,
                 Ref<Regularizer> activity_regularizer = nullptr);
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;
  bool names_sublayers() const override { return true; }
  std::vector<Weight> tracked_weights() const override { return {}; }  // none of its states
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  std::vector<Value> initial_states(const std::vector<Value>& inputs);
  void make_states(const Value& input, const std::vector<Shape>& shapes);

  std::shared_ptr<RecurrentCell> cell_;
  Recurrence recurrence_;
  Ref<Regularizer> activity_regularizer_;
  std::vector<VariablePtr> states_;  // of a stateful layer
};

struct RNNOptions {
  Ref<Layer> cell = {};
  TUTTI_RECURRENCE;
  bool unroll = false;
  bool zero_output_for_mask = false;
};

class RNNLayer final : public RecurrentLayer {
 public:
  using Options = RNNOptions;
  explicit RNNLayer(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};
using RNN = LayerOf<RNNLayer>;

struct StackedRNNCellsOptions {
  std::vector<Ref<Layer>> cells = {};
};

// Cells that work as one: each takes the output of the one before; states stand one after another.
class StackedRNNCellsLayer final : public RecurrentCell {
 public:
  using Options = StackedRNNCellsOptions;
  explicit StackedRNNCellsLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override;
  std::vector<Shape> state_shapes(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  size_t spatial_axes() const override { return cells_.front()->spatial_axes(); }
  CellRun begin(const Shape& input) override;

 protected:
  void build(const std::vector<Shape>& inputs) override;
  bool names_sublayers() const override { return true; }

 private:
  Options options_;
  std::vector<std::shared_ptr<RecurrentCell>> cells_;
};
using StackedRNNCells = LayerOf<StackedRNNCellsLayer>;

}  // namespace tutti
