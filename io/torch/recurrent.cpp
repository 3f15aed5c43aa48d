// SimpleRNN, LSTM, GRU and Bidirectional as RNN, LSTM and GRU of one layer. The gates of an LSTM
// stand in one order in both; Keras's GRU has z before r.
#include "core/base/error.h"
#include "core/layers/bidirectional.h"
#include "core/layers/gru.h"
#include "core/layers/lstm.h"
#include "core/layers/simple_rnn.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"
#include "io/torch/entries.h"

namespace tutti::torch {
namespace {

using Tensors = std::vector<Tensor>;

// Blocks of the last axis in another order, which is its own inverse.
Tensor with_blocks(const Tensor& tensor, const std::vector<size_t>& order) {
  auto blocks = split(tensor, static_cast<int>(order.size()), -1);
  Tensors moved;
  for (const size_t block : order) moved.push_back(blocks[block]);
  return concatenate(moved, -1);
}

Entry kernel(const std::string& name, const VariablePtr& weight, const std::vector<size_t>& order) {
  return {{name},
          {weight},
          [=](const Tensors& in) { return Tensors{transpose(with_blocks(in.at(0), order))}; },
          [=](const Tensors& in) { return Tensors{with_blocks(transpose(in.at(0)), order)}; }};
}

// Keras has one bias where PyTorch adds two.
Entry one_bias(const std::vector<std::string>& names, const VariablePtr& bias) {
  return {names,
          {bias},
          [](const Tensors& in) {
            return Tensors{in.at(0), Tensor::zeros(in[0].shape(), in[0].dtype())};
          },
          [](const Tensors& in) { return Tensors{in.at(0) + in.at(1)}; }};
}

// A GRU's bias is (2, columns): that of the inputs and that of the state.
Entry two_biases(const std::vector<std::string>& names, const VariablePtr& bias,
                 const std::vector<size_t>& order) {
  const Shape row{bias->shape()[1]};
  return {names,
          {bias},
          [=](const Tensors& in) {
            Tensors rows;
            for (int i = 0; i < 2; ++i)
              rows.push_back(with_blocks(slice(in.at(0), 0, i, i + 1), order).reshape(row));
            return rows;
          },
          [=](const Tensors& in) {
            return Tensors{
                stack(Tensors{with_blocks(in.at(0), order), with_blocks(in.at(1), order)}, 0)};
          }};
}

std::vector<Entry> directed(const RecurrentLayer& layer, const std::string& suffix,
                            const std::vector<size_t>& order) {
  const auto weights = layer.weights();
  if (layer.recurrence().stateful)
    refuse(layer, "is stateful, and PyTorch's layers keep no states; make it with stateful false");
  std::vector<Entry> entries{kernel("weight_ih_l0" + suffix, weights.at(0), order),
                             kernel("weight_hh_l0" + suffix, weights.at(1), order)};
  if (weights.size() < 3) return entries;
  const std::vector<std::string> names{"bias_ih_l0" + suffix, "bias_hh_l0" + suffix};
  entries.push_back(weights[2]->shape().rank() == 2 ? two_biases(names, weights[2], order)
                                                    : one_bias(names, weights[2]));
  return entries;
}

void check_activation(const Layer& layer, const Ref<ActivationFunction>& given,
                      const std::vector<std::string>& wanted) {
  std::string listed;
  for (const auto& name : wanted) {
    if (given && kind_of(*given) && kind_of(*given)->name == name) return;
    listed += (listed.empty() ? "" : " or ") + name;
  }
  refuse(layer, fmt::format("has another activation than PyTorch's layer, which is of {}", listed));
}

std::vector<Entry> recurrent(const Layer& layer, const std::string& suffix) {
  if (const auto* rnn = dynamic_cast<const SimpleRNNLayer*>(&layer)) {
    check_activation(layer, rnn->options().activation, {"tanh", "relu"});
    return directed(*rnn, suffix, {0});
  }
  if (const auto* lstm = dynamic_cast<const LSTMLayer*>(&layer)) {
    check_activation(layer, lstm->options().activation, {"tanh"});
    check_activation(layer, lstm->options().recurrent_activation, {"sigmoid"});
    return directed(*lstm, suffix, {0, 1, 2, 3});
  }
  const auto* gru = dynamic_cast<const GRULayer*>(&layer);
  if (!gru)
    refuse(layer, fmt::format("is a {}, which has no counterpart in PyTorch", layer.class_name()));
  check_activation(layer, gru->options().activation, {"tanh"});
  check_activation(layer, gru->options().recurrent_activation, {"sigmoid"});
  if (!gru->options().reset_after)
    refuse(layer, "has reset_after false, and PyTorch's GRU resets after the product");
  return directed(*gru, suffix, {1, 0, 2});
}

std::vector<Entry> forward(const Layer& layer) {
  if (dynamic_cast<const RecurrentLayer&>(layer).recurrence().go_backwards)
    refuse(layer, "goes backwards, which PyTorch's layer does only beside one that goes forward");
  return recurrent(layer, "");
}

std::vector<Entry> both_ways(const BidirectionalLayer& layer) {
  const auto parts = layer.parts();
  auto entries = recurrent(*parts.at(0).layer, "");
  for (auto& entry : recurrent(*parts.at(1).layer, "_reverse")) entries.push_back(std::move(entry));
  return entries;
}

[[maybe_unused]] const bool recurrent_entered =
    register_entries<Layer>({"SimpleRNN", "LSTM", "GRU"}, forward) &&
    register_entries<BidirectionalLayer>({"Bidirectional"}, both_ways);

}  // namespace
}  // namespace tutti::torch
