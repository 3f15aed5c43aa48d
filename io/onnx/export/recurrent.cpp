// LSTM, GRU, SimpleRNN and Bidirectional ones: ONNX's LSTM, GRU and RNN, whose steps stand before
// the rows. With a mask or an activation that ONNX does not know, every step is written.
#include "core/layers/recurrent.h"

#include <limits>
#include <optional>

#include "core/base/error.h"
#include "core/layers/bidirectional.h"
#include "core/layers/gru.h"
#include "core/layers/lstm.h"
#include "core/layers/simple_rnn.h"
#include "core/ops/concatenate.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"
#include "io/onnx/export/emitters.h"

namespace tutti::onnx {
namespace {

// What an operator is told about its gates.
struct Gates {
  const char* op = nullptr;
  std::vector<int> order;  // ONNX's gates, by their places in Keras's kernels
  std::vector<Ref<ActivationFunction>> activations;
  bool use_bias = true;
  Attributes attributes = {};
};

// ONNX's names, and alpha and beta where they are not the operator's own.
struct GateActivation {
  std::string name;
  std::optional<std::pair<float, float>> numbers;
};
std::optional<GateActivation> gate_activation(const Ref<ActivationFunction>& activation) {
  static const std::map<std::string, GateActivation> known{
      {"tanh", {"Tanh", {}}},
      {"sigmoid", {"Sigmoid", {}}},
      {"softsign", {"Softsign", {}}},
      {"softplus", {"Softplus", {}}},
      {"linear", {"Affine", {{1.0f, 0.0f}}}},
      {"hard_sigmoid", {"HardSigmoid", {{1.0f / 6, 0.5f}}}}};
  if (!activation) return known.at("linear");
  const Config config = kind_config(*activation);
  if (config == kind_config(*Ref<ActivationFunction>("relu"))) return GateActivation{"Relu", {}};
  const KindInfo* kind = kind_of(*activation);
  const auto found = kind ? known.find(kind->name) : known.end();
  if (found == known.end()) return {};
  return found->second;
}

// Null where a layer is another, or has an activation that ONNX does not know.
std::optional<Gates> gates_of(const Layer& layer) {
  Gates gates;
  if (const auto* lstm = dynamic_cast<const LSTMLayer*>(&layer)) {
    const auto& o = lstm->options();
    gates = {
        "LSTM", {0, 3, 1, 2}, {o.recurrent_activation, o.activation, o.activation}, o.use_bias};
  } else if (const auto* gru = dynamic_cast<const GRULayer*>(&layer)) {
    const auto& o = gru->options();
    gates = {"GRU", {0, 1, 2}, {o.recurrent_activation, o.activation}, o.use_bias};
    gates.attributes.push_back({"linear_before_reset", int64_t{o.reset_after}});
  } else if (const auto* rnn = dynamic_cast<const SimpleRNNLayer*>(&layer)) {
    gates = {"RNN", {0}, {rnn->options().activation}, rnn->options().use_bias};
  } else {
    return {};
  }
  std::vector<std::string> names;
  std::vector<float> alphas, betas;
  for (const auto& activation : gates.activations) {
    const auto known = gate_activation(activation);
    if (!known) return {};
    names.push_back(known->name);
    if (known->numbers) {
      alphas.push_back(known->numbers->first);
      betas.push_back(known->numbers->second);
    }
  }
  gates.attributes.push_back({"activations", names});
  if (!alphas.empty())
    gates.attributes.insert(gates.attributes.end(),
                            {{"activation_alpha", alphas}, {"activation_beta", betas}});
  return gates;
}

// (inputs, gates units) -> (1, gates units, inputs), the gates in ONNX's order.
Tensor in_gate_order(const Tensor& kernel, const std::vector<int>& order) {
  const auto pieces = split(kernel, static_cast<int>(order.size()));
  std::vector<Tensor> sorted;
  for (const int gate : order) sorted.push_back(pieces[static_cast<size_t>(gate)]);
  const Tensor turned = transpose(concatenate(sorted), {1, 0});
  return turned.reshape({1, turned.shape()[0], turned.shape()[1]});
}

// (gates units) or (2, gates units) -> (1, 2 gates units): those of the inputs, then of the states.
Tensor biases_in_gate_order(const Tensor& bias, const std::vector<int>& order) {
  const int64_t columns = bias.shape()[-1];
  const bool both = bias.shape().rank() == 2;
  const auto sorted = [&](const Tensor& one) {
    return in_gate_order(one.reshape({1, columns}), order).reshape({columns});
  };
  const Tensor inputs = sorted(both ? bias.row(0) : bias),
               states = both ? sorted(bias.row(1)) : Tensor::zeros({columns}, bias.dtype());
  return concatenate(std::vector<Tensor>{inputs, states}, 0).reshape({1, 2 * columns});
}

class RecurrentEmitter {
 public:
  RecurrentEmitter(GraphWriter& graph, const RecurrentLayer& layer, Gates gates)
      : graph_(graph), layer_(layer), gates_(std::move(gates)) {}

  // The steps that are returned are turned, from the last to the first, where `turned`.
  Names operator()(const Names& inputs, bool turned) {
    const auto weights = layer_.weights();
    Names in{graph_.transpose(inputs[0], {1, 0, 2}), weight(*weights[0]), weight(*weights[1])};
    const auto biases = [this](const Tensor& bias) {
      return biases_in_gate_order(bias, gates_.order);
    };
    in.push_back(gates_.use_bias ? graph_.weight(*weights[2], "gates", biases) : "");
    in.push_back("");  // the steps of each row: all
    for (size_t i = 1; i < inputs.size(); ++i)
      in.push_back(graph_.node("Unsqueeze", {inputs[i], graph_.integers({0})}));
    const Recurrence& recurrence = layer_.recurrence();
    Attributes attributes = gates_.attributes;
    attributes.push_back({"hidden_size", weights[1]->shape()[0]});
    attributes.push_back(
        {"direction", std::string(recurrence.go_backwards ? "reverse" : "forward")});
    const int states = std::string_view(gates_.op) == "LSTM" ? 2 : 1;
    const auto out = graph_.nodes(gates_.op, in, attributes, 1 + states);
    Names result{recurrence.return_sequences ? sequence(out[0], turned) : squeeze(out[1], 0)};
    for (int i = 1; recurrence.return_state && i <= states; ++i)
      result.push_back(squeeze(out[static_cast<size_t>(i)], 0));
    return result;
  }

 private:
  std::string weight(const Variable& kernel) {
    return graph_.weight(kernel, "gates", [this](const Tensor& tensor) {
      return in_gate_order(tensor, gates_.order);
    });
  }
  std::string squeeze(const std::string& x, int64_t axis) {
    return graph_.node("Squeeze", {x, graph_.integers({axis})});
  }
  // (steps, 1, rows, units) -> (rows, steps, units)
  std::string sequence(const std::string& y, bool turned) {
    std::string steps = graph_.transpose(squeeze(y, 1), {1, 0, 2});
    if (!turned) return steps;
    constexpr int64_t least = std::numeric_limits<int64_t>::min();
    return graph_.node("Slice", {steps, graph_.integers({-1}), graph_.integers({least}),
                                 graph_.integers({1}), graph_.integers({-1})});
  }

  GraphWriter& graph_;
  const RecurrentLayer& layer_;
  Gates gates_;
};

CallEmitter emit_recurrent(const RecurrentLayer& layer, const LayerCall& call) {
  const auto gates = gates_of(layer);
  if (!gates || mask_of(call.inputs[0]).defined()) return {};
  return [gates = *gates, &layer](GraphWriter& graph, ActivationWriter&, const Names& inputs) {
    return RecurrentEmitter(graph, layer, gates)(inputs, layer.recurrence().go_backwards);
  };
}

std::string merged_by(GraphWriter& graph, const std::string& mode, const std::string& a,
                      const std::string& b) {
  if (mode == "concat") return graph.node("Concat", {a, b}, {{"axis", int64_t{-1}}});
  if (mode == "mul") return graph.node("Mul", {a, b});
  const std::string sum = graph.node("Add", {a, b});
  return mode == "ave" ? graph.node("Div", {sum, graph.constant(Tensor(2.0))}) : sum;
}

// Both layers, whose outputs of steps stay in the input's order.
CallEmitter emit_bidirectional(const BidirectionalLayer& layer, const LayerCall& call) {
  const auto layers = layer.sublayers();
  const auto ahead = gates_of(*layers[0]), back = gates_of(*layers[1]);
  if (!ahead || !back || mask_of(call.inputs[0]).defined()) return {};
  return [=, mode = layer.options().merge_mode](GraphWriter& graph, ActivationWriter&,
                                                const Names& inputs) {
    const std::string scope = graph.scope();
    const auto half = static_cast<int64_t>(inputs.size() / 2);
    const auto run = [&](size_t side, const Gates& gates, int64_t first) {
      Names own{inputs[0]};
      own.insert(own.end(), inputs.begin() + first, inputs.begin() + first + half);
      graph.set_scope(scope + "/" + layers[side]->name());
      return RecurrentEmitter(graph, static_cast<const RecurrentLayer&>(*layers[side]), gates)(
          own, false);
    };
    Names outputs = run(0, *ahead, 1);
    const Names others = run(1, *back, 1 + half);
    graph.set_scope(scope);
    if (mode)
      outputs[0] = merged_by(graph, *mode, outputs[0], others[0]);
    else
      outputs.insert(outputs.begin() + 1, others[0]);
    outputs.insert(outputs.end(), others.begin() + 1, others.end());
    return outputs;
  };
}

[[maybe_unused]] const bool recurrent_entered =
    register_layers<RecurrentLayer>({"LSTM", "GRU", "SimpleRNN"}, emit_recurrent) &&
    register_layers<BidirectionalLayer>({"Bidirectional"}, emit_bidirectional);

}  // namespace
}  // namespace tutti::onnx
