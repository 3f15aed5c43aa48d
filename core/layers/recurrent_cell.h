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
  // (rows, ..., features) -> (rows, ..., what `step` needs of them)
  std::function<Value(const Value& inputs)> project;
  std::function<CellStep(const Value& projected, const std::vector<Value>& states)> step;
};

class RecurrentCell : public Layer {
 public:
  virtual std::vector<int64_t> state_sizes() const = 0;
  virtual int64_t output_size() const { return state_sizes().front(); }
  // A run on inputs of so many features, once built.
  virtual CellRun begin(int64_t features) = 0;

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;
  // Throws unless there is an input (rows, features), whose states may follow.
  void check_inputs(const std::vector<Shape>& inputs) const;
};

// What the options of SimpleRNN, LSTM and GRU have in common.
struct CellParts {
  int64_t units = 0;
  Ref<ActivationFunction> activation, recurrent_activation;
  bool use_bias = true;
  Ref<Initializer> kernel_initializer, recurrent_initializer, bias_initializer;
  Ref<Regularizer> kernel_regularizer, recurrent_regularizer, bias_regularizer;
  double dropout = 0, recurrent_dropout = 0;
  std::optional<int64_t> seed;
};
template <typename Options>
CellParts cell_parts(const Options& o) {
  CellParts parts{.units = o.units,
                  .activation = o.activation,
                  .recurrent_activation = {},
                  .use_bias = o.use_bias,
                  .kernel_initializer = o.kernel_initializer,
                  .recurrent_initializer = o.recurrent_initializer,
                  .bias_initializer = o.bias_initializer,
                  .kernel_regularizer = o.kernel_regularizer,
                  .recurrent_regularizer = o.recurrent_regularizer,
                  .bias_regularizer = o.bias_regularizer,
                  .dropout = o.dropout,
                  .recurrent_dropout = o.recurrent_dropout,
                  .seed = o.seed};
  if constexpr (requires { o.recurrent_activation; })
    parts.recurrent_activation = o.recurrent_activation;
  return parts;
}

// The options of a cell from those of its layer, which have the same members and more.
template <typename Cell, typename Options>
Cell cell_options(const Options& o) {
  Cell cell;
  cell.units = o.units;
  cell.activation = o.activation;
  cell.use_bias = o.use_bias;
  cell.kernel_initializer = o.kernel_initializer;
  cell.recurrent_initializer = o.recurrent_initializer;
  cell.bias_initializer = o.bias_initializer;
  cell.kernel_regularizer = o.kernel_regularizer;
  cell.recurrent_regularizer = o.recurrent_regularizer;
  cell.bias_regularizer = o.bias_regularizer;
  cell.dropout = o.dropout;
  cell.recurrent_dropout = o.recurrent_dropout;
  cell.seed = o.seed;
  if constexpr (requires { o.recurrent_activation; })
    cell.recurrent_activation = o.recurrent_activation;
  if constexpr (requires { o.unit_forget_bias; }) cell.unit_forget_bias = o.unit_forget_bias;
  if constexpr (requires { o.reset_after; }) cell.reset_after = o.reset_after;
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
  DroppedProduct(const Value& weights, std::vector<Value> masks);
  Value operator()(const Value& x) const;  // (rows, ..., features)

 private:
  std::vector<Value> weights_, masks_;
};

// A cell with a kernel, a recurrent kernel and a bias, of a block of columns for each gate.
class GatedCell : public RecurrentCell {
 public:
  std::vector<std::shared_ptr<Layer>> sublayers() const override;

 protected:
  GatedCell(const char* kind, CellParts parts, int gates);  // throws for what cannot be
  void build(const std::vector<Shape>& inputs) override;
  virtual Shape bias_shape() const { return {gates_ * parts_.units}; }
  virtual Ref<Initializer> bias_initializer() const { return parts_.bias_initializer; }

  // Masks for a run: of the inputs, and of the states. With recurrent dropout every gate has masks
  // of its own, as in Keras.
  std::vector<Value> input_masks(int64_t features) const;
  std::vector<Value> state_masks() const;
  Value kernel() const { return kernel_->read(); }
  Value recurrent_kernel() const { return recurrent_kernel_->read(); }
  bool has_bias() const { return bias_ != nullptr; }
  Value bias() const { return bias_->read(); }
  // "activation" and "recurrent_activation"; none is linear.
  Value activate(const Value& x) const;
  Value activate_gate(const Value& x) const;

 private:
  std::vector<Value> masks(int64_t features, double rate) const;

  CellParts parts_;
  int64_t gates_;
  VariablePtr kernel_, recurrent_kernel_, bias_;
};

}  // namespace tutti
