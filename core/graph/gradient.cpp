#include "core/graph/gradient.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/elementwise.h"
#include "core/graph/graph.h"

namespace tutti {
namespace {

void accumulate(Value& sum, const Value& term) {
  sum = sum.defined() ? elementwise("add", {sum, term}) : term;
}

void accumulate(Gradient& gradient, const Value& term) {
  // Partials are not added to each other: the sum of two rounds differently on other worlds.
  if (term.kind() == ValueKind::partial && !gradient.partial.defined())
    gradient.partial = term;
  else
    accumulate(gradient.same, sum_rows(term));
}

// All terms of a gradient, added: those of one op together, where it knows how (Op::sum_of).
Gradient sum_of(const std::vector<Value>& terms) {
  std::vector<Value> rest = terms;
  Gradient sum;
  while (!rest.empty()) {
    const auto alike = [op = rest[0].node()->op->name()](const Value& term) {
      return term.node()->op->name() == op;
    };
    std::vector<Value> group;
    std::copy_if(rest.begin(), rest.end(), std::back_inserter(group), alike);
    const Value one = group.size() > 1 ? group[0].node()->op->sum_of(group) : Value();
    accumulate(sum, one.defined() ? one : rest[0]);
    if (one.defined())
      std::erase_if(rest, alike);
    else
      rest.erase(rest.begin());
  }
  return sum;
}

// Sums over rows of halves are f32 (make_node). Where that is more than an op takes, it is rounded.
Value in_dtype_of(const Node& node, size_t output, const Value& gradient) {
  std::vector<ValueType> inputs;
  for (const auto& input : node.inputs) inputs.push_back(input.type());
  if (node.op->elementwise() || node.op->linear_in(0, inputs)) return gradient;
  return cast(gradient, node.outputs[output].dtype);
}

// State cuts a gradient, as in Keras: what was assigned is from then on a value of its own.
bool cuts_gradient(const Op& op) {
  return op.input_place() || dynamic_cast<const StopGradientOp*>(&op);
}

// The nodes between `wrt` and what is differentiated: only these propagate.
std::unordered_set<const Node*> dependents(const std::vector<std::shared_ptr<Node>>& order,
                                           const std::vector<Value>& wrt) {
  std::unordered_set<const Node*> found;
  for (const auto& value : wrt) found.insert(value.node().get());
  for (const auto& node : order)
    for (const auto& input : node->inputs)
      if (!cuts_gradient(*node->op) && found.contains(input.node().get())) found.insert(node.get());
  return found;
}

}  // namespace

Value Gradient::total() const {
  if (!partial.defined()) return same;
  return same.defined() ? elementwise("add", {partial, same}) : partial;
}

std::vector<Gradient> split_gradients(const std::vector<Value>& of,
                                      const std::vector<Value>& of_gradients,
                                      const std::vector<Value>& wrt, const GradientRule& rule) {
  const auto order = topological_order(of);
  const auto active = dependents(order, wrt);
  std::unordered_map<Value, std::vector<Value>, ValueHash> found;  // terms
  for (size_t i = 0; i < of.size(); ++i) found[of[i]].push_back(of_gradients[i]);

  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const auto& node = *at;
    if (!active.contains(node.get()) || node->inputs.empty() || cuts_gradient(*node->op)) continue;
    std::vector<Value> output_gradients(node->outputs.size());
    bool reached = false;
    for (size_t i = 0; i < node->outputs.size(); ++i) {
      const auto gradient = found.find(Value(node, static_cast<int>(i)));
      if (gradient == found.end()) continue;
      output_gradients[i] = in_dtype_of(*node, i, sum_of(gradient->second).total());
      reached = true;
    }
    if (!reached) continue;
    const NodeScope scope("gradient/" + node->scope);
    const auto input_gradients =
        rule ? rule(node, output_gradients) : node->op->gradient(node, output_gradients);
    for (size_t i = 0; i < input_gradients.size(); ++i) {
      const Value& input = node->inputs[i];
      if (!input_gradients[i].defined() || !active.contains(input.node().get())) continue;
      found[input].push_back(input_gradients[i]);
    }
  }

  std::vector<Gradient> results;
  for (const auto& value : wrt) {
    const auto gradient = found.find(value);
    results.push_back(gradient == found.end() ? Gradient() : sum_of(gradient->second));
  }
  return results;
}

std::vector<Gradient> split_gradients(const Value& of, const std::vector<Value>& wrt) {
  if (of.shape().rank() != 0 || of.kind() == ValueKind::row || !is_floating(of.dtype()))
    fail("gradient", "needs a scalar that is summed over rows, got {}; reduce it with reduce_sum",
         to_string(of.type()));
  return split_gradients({of}, {Value(Tensor::full({}, 1.0, of.dtype()))}, wrt);
}

std::vector<Value> gradients(const Value& of, const std::vector<Value>& wrt) {
  std::vector<Value> totals;
  for (const auto& gradient : split_gradients(of, wrt)) totals.push_back(gradient.total());
  return totals;
}

}  // namespace tutti
