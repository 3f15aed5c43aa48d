// RecurrentCell: one step of a recurrent layer. As Keras's, it is a layer: called on an input and
// its states it returns an output and the new states.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/activations/activation.h"
#include "core/layers/layer.h"

namespace tutti {

struct CellStep {
  Value output;
  std::vector<Value> states;
};

// A run of a cell over steps, which share what is made once: the dropout masks, and the products of
// all inputs with the kernel.
struct CellRun {
  // (rows, ..., features) -> (rows, ..., what `step` needs of them), of one step or of all.
  std::function<Value(const Value& inputs)> project;
  std::function<CellStep(const Value& projected, const std::vector<Value>& states)> step;
};

class RecurrentCell : public Layer {
 public:
  // Of the states, for the input of a step, with its rows.
  virtual std::vector<Shape> state_shapes(const Shape& input) const = 0;
  virtual Shape output_shape(const Shape& input) const { return state_shapes(input).front(); }
  virtual size_t spatial_axes() const { return 0; }  // between the rows and the features
  // A run on inputs of this shape, once built.
  virtual CellRun begin(const Shape& input) = 0;

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;
  // Throws unless there is an input of one step, whose states may follow.
  void check_inputs(const std::vector<Shape>& inputs) const;
};

// What the options of SimpleRNN, LSTM, GRU and ConvLSTM have in common.
struct CellParts {
  int64_t units = 0;
  Ref<ActivationFunction> activation, recurrent_activation;
  bool use_bias = true;
  Ref<Initializer> kernel_initializer, recurrent_initializer, bias_initializer;
  Ref<Regularizer> kernel_regularizer, recurrent_regularizer, bias_regularizer;
  Ref<Constraint> kernel_constraint, recurrent_constraint, bias_constraint;
  double dropout = 0, recurrent_dropout = 0;
  std::optional<int64_t> seed;
};

// The options of a cell from those of its layer, or its parts from its options: what both have.
template <typename Cell, typename Options>
Cell cell_options(const Options& o) {
  Cell cell;
  if constexpr (requires { o.units; }) cell.units = o.units;
  cell.activation = o.activation;
  cell.use_bias = o.use_bias;
  cell.kernel_initializer = o.kernel_initializer;
  cell.recurrent_initializer = o.recurrent_initializer;
  cell.bias_initializer = o.bias_initializer;
  cell.kernel_regularizer = o.kernel_regularizer;
  cell.recurrent_regularizer = o.recurrent_regularizer;
  cell.bias_regularizer = o.bias_regularizer;
  cell.kernel_constraint = o.kernel_constraint;
  cell.recurrent_constraint = o.recurrent_constraint;
  cell.bias_constraint = o.bias_constraint;
  cell.dropout = o.dropout;
  cell.recurrent_dropout = o.recurrent_dropout;
  cell.seed = o.seed;
  if constexpr (requires { o.recurrent_activation, cell.recurrent_activation; })
    cell.recurrent_activation = o.recurrent_activation;
  if constexpr (requires { o.unit_forget_bias, cell.unit_forget_bias; })
    cell.unit_forget_bias = o.unit_forget_bias;
  if constexpr (requires { o.reset_after, cell.reset_after; }) cell.reset_after = o.reset_after;
  return cell;
}
template <typename C, typename Options>
std::shared_ptr<C> cell_named(const char* name, Options options) {
  auto cell = std::make_shared<C>(std::move(options));
  cell->set_name(name);
  return cell;
}

// x W, where while training x is dropped out: by one mask, or by one for each of as many blocks of
// W's columns. Masks are (rows, features); none: x is taken as it is.
class DroppedProduct {
 public:
  using Multiply = std::function<Value(const Value& x, const Value& weights)>;
  // By default the product of matrices.
  DroppedProduct(const Value& weights, std::vector<Value> masks, Multiply multiply = {});
  Value operator()(const Value& x) const;  // (rows, ..., features)

 private:
  std::vector<Value> weights_, masks_;
  Multiply multiply_;
};

// A cell with a kernel, a recurrent kernel and a bias, of a block of columns for each gate.
class GatedCell : public RecurrentCell {
 public:
  std::vector<LayerPart> parts() const override;

 protected:
  GatedCell(const char* kind, CellParts parts, int gates);  // throws for what cannot be
  void build(const std::vector<Shape>& inputs) override;
  virtual Shape bias_shape() const { return {gates_ * parts_.units}; }
  // What stands before the features and the columns in the shapes of the kernels.
  virtual std::vector<int64_t> window() const { return {}; }
  virtual Ref<Initializer> bias_initializer() const { return parts_.bias_initializer; }

  // Masks for a run: of inputs of this shape, and of their states. Every gate has masks of its own
  // where there is recurrent dropout or a window, as in Keras.
  std::vector<Value> input_masks(const Shape& input) const;
  std::vector<Value> state_masks(const Shape& input) const;
  Value kernel() const { return kernel_->read(); }
  Value recurrent_kernel() const { return recurrent_kernel_->read(); }
  bool has_bias() const { return bias_ != nullptr; }
  Value bias() const { return bias_->read(); }
  // "activation" and "recurrent_activation"; none is linear.
  Value activate(const Value& x) const;
  Value activate_gate(const Value& x) const;
  // A step of an LSTM from the sums of its gates and the carried state.
  CellStep lstm_step(const Value& gates, const Value& carried) const;

 private:
  std::vector<Value> masks(const Shape& shape, double rate) const;

  CellParts parts_;
  int64_t gates_;
  VariablePtr kernel_, recurrent_kernel_, bias_;
};

}  // namespace tutti
