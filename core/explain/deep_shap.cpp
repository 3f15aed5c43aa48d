#include "core/explain/deep_shap.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/base/error.h"
#include "core/explain/inference_graph.h"
#include "core/graph/elementwise.h"
#include "core/graph/gradient.h"
#include "core/ops/elementwise.h"

namespace tutti {
namespace {

// Linear in each input; in two at once they are products.
const std::set<std::string_view> kLinear = {
    "layer",        "reshape", "transpose", "broadcast_to", "concatenate", "slice",
    "pad",          "patches", "fold",      "reduce_sum",   "take",        "matmul",
    "batch_matmul", "cast",    "add",       "sub",          "neg",         "mul"};
// Their gradient goes to the elements that reach the maximum or minimum.
const std::set<std::string_view> kExtremes = {"reduce_max", "reduce_min", "take_along", "max_pool"};

// Changes smaller than this have the gradient instead of a ratio.
constexpr double kSmallest = 1e-6;

// The same graph on another input, and the rules that compare the two.
class Comparison {
 public:
  Comparison(const Value& input, const Value& other_input, const std::vector<Value>& outputs) {
    others_[input] = other_input;
    for (const auto& node : topological_order(outputs)) {
      std::vector<Value> inputs;
      bool changed = false;
      for (const auto& value : node->inputs) {
        inputs.push_back(other(value));
        changed = changed || !(inputs.back() == value);
      }
      if (!changed) continue;
      const auto made = make_node_outputs(node->op, std::move(inputs));
      for (size_t i = 0; i < made.size(); ++i) others_[Value(node, static_cast<int>(i))] = made[i];
    }
  }

  Value other(const Value& value) const {
    const auto found = others_.find(value);
    return found == others_.end() ? value : found->second;
  }

  std::vector<Value> rule(const std::shared_ptr<Node>& node, std::span<const Value> flows) const {
    std::vector<size_t> changing;
    for (size_t i = 0; i < node->inputs.size(); ++i)
      if (others_.contains(node->inputs[i]) && is_floating(node->inputs[i].dtype()))
        changing.push_back(i);
    const std::string_view name = node->op->name();
    if (kExtremes.contains(name)) return of_extreme(node, flows[0]);
    if (kLinear.contains(name) && !changing.empty())
      return changing.size() < 2 ? node->op->gradient(node, flows) : of_product(node, flows);
    const Shape& shape = node->outputs[0].shape;
    const bool elementwise_shape = std::all_of(changing.begin(), changing.end(), [&](size_t i) {
      return node->inputs[i].shape() == shape;
    });
    if (elementwise_shape && changing.size() == 1) return rescale(node, changing[0], flows);
    if (node->op->elementwise() && changing.size() == 2) return of_pair(node, changing, flows[0]);
    fail("deep_shap", "no rule for {} in {}; use kernel_shap or gradient_shap", name, node->scope);
  }

 private:
  // The gradient halfway between: exact for what is linear in each of its inputs.
  std::vector<Value> of_product(const std::shared_ptr<Node>& node,
                                std::span<const Value> flows) const {
    std::vector<Value> middle;
    for (const auto& input : node->inputs)
      middle.push_back(is_floating(input.dtype()) ? 0.5 * (input + other(input)) : input);
    const auto made = make_node_outputs(node->op, std::move(middle));
    return node->op->gradient(made[0].node(), flows);
  }

  static Value ratio(const Value& change, const Value& over, const Value& otherwise) {
    const Value small = less(abs(over), Value(kSmallest));
    return select(small, otherwise, change / select(small, over * 0.0 + 1.0, over));
  }

  std::vector<Value> rescale(const std::shared_ptr<Node>& node, size_t changing,
                             std::span<const Value> flows) const {
    std::vector<Value> results(node->inputs.size());
    const Value input = node->inputs[changing], output(node);
    const auto gradient = node->op->gradient(node, flows);
    const Value plain = gradient[changing].defined() ? gradient[changing] : input * 0.0;
    results[changing] = ratio(flows[0] * (output - other(output)), input - other(input), plain);
    return results;
  }

  // A function of two changing elements: each order of changing them, averaged.
  std::vector<Value> of_pair(const std::shared_ptr<Node>& node, const std::vector<size_t>& changing,
                             const Value& flow) const {
    const Value output(node);
    std::vector<Value> first = node->inputs, second = node->inputs;
    first[changing[1]] = other(first[changing[1]]);
    second[changing[0]] = other(second[changing[0]]);
    const Value only_first = make_node(node->op, first), only_second = make_node(node->op, second);
    const Value neither = other(output);
    std::vector<Value> results(node->inputs.size());
    const auto share = [&](size_t i, const Value& change) {
      const Value& input = node->inputs[changing[i]];
      const Value over = input - other(input);
      results[changing[i]] = unbroadcast(ratio(flow * change, over, over * 0.0), input.type());
    };
    share(0, 0.5 * ((output - only_second) + (only_first - neither)));
    share(1, 0.5 * ((output - only_first) + (only_second - neither)));
    return results;
  }

  // The larger of the two maxima splits the change between where the row and where the background
  // row reach theirs.
  std::vector<Value> of_extreme(const std::shared_ptr<Node>& node, const Value& flow) const {
    const Value output(node), reference = other(output), input = node->inputs[0];
    const Value larger = maximum(output, reference);
    const std::shared_ptr<Node> there = reference.node();
    const Value gained = node->op->gradient(node, std::vector{flow * (larger - reference)})[0];
    const Value lost = there->op->gradient(there, std::vector{flow * (output - larger)})[0];
    const Value over = input - other(input);
    std::vector<Value> results(node->inputs.size());
    results[0] = ratio(gained + lost, over, over * 0.0);
    return results;
  }

  ValueMap others_;
};

}  // namespace

ShapValues deep_shap(Model& model, const Tensor& rows, const Tensor& background) {
  const InferenceGraph graph = inference_graph(model, rows);
  check_like_rows(background, rows, "a background");
  const InferenceGraph reference = inference_graph(model, background);
  const int64_t outputs = graph.output.shape().rank() == 1 ? 1 : graph.output.shape()[1];
  const Comparison comparison(graph.input, reference.input, {graph.output});
  std::vector<Value> wanted = {graph.output, comparison.other(graph.output)};
  for (int64_t o = 0; o < outputs; ++o) {
    const Value column = output_column(graph.output, o);
    Value ones = column * 0.0 + 1.0;
    const auto found =
        split_gradients({column}, {ones}, {graph.input},
                        [&](const auto& node, auto flows) { return comparison.rule(node, flows); });
    wanted.push_back(found[0].defined() ? found[0].total() * (graph.input - reference.input)
                                        : graph.input * 0.0);
  }

  const int64_t count = rows.rows(), known = background.rows();
  const int64_t width = rows.shape().elements_per_row();
  ShapValues result = ShapValues::zeros(rows.shape(), outputs);
  for (int64_t r = 0; r < count; ++r) {
    const std::vector<int64_t> same(static_cast<size_t>(known), r);
    const auto found =
        run_rows({graph.input, reference.input}, wanted, {rows.take_rows(same), background});
    const auto own = found[0].to_vector<double>(), other = found[1].to_vector<double>();
    const auto part = 1 / static_cast<double>(known);
    for (int64_t o = 0; o < outputs; ++o) {
      result.predictions.data<double>()[r * outputs + o] = own[static_cast<size_t>(o)];
      const auto terms = found[static_cast<size_t>(2 + o)].to_vector<double>();
      for (int64_t k = 0; k < known; ++k) {
        if (r == 0)
          result.base_values.data<double>()[o] +=
              part * other[static_cast<size_t>(k * outputs + o)];
        for (int64_t i = 0; i < width; ++i)
          result.values.data<double>()[(r * width + i) * outputs + o] +=
              part * terms[static_cast<size_t>(k * width + i)];
      }
    }
  }
  return result;
}

}  // namespace tutti
