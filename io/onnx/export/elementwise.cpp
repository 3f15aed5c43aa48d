// Elementwise ops: by their name, or in a few operators where ONNX has none.
#include "core/ops/elementwise.h"

#include <cmath>
#include <functional>
#include <numbers>

#include "core/graph/elementwise.h"
#include "io/onnx/export/emitters.h"
#include "io/onnx/wire.h"

namespace tutti::onnx {
namespace {

size_t rank_of(const Node& node) { return node.outputs[0].shape.dims().size(); }

// An op that is an operator.
OpEmitter operator_named(const char* op) {
  return [op](GraphWriter& graph, const Node& node, const Names& inputs) {
    return Names{graph.pointwise(op, inputs, rank_of(node))};
  };
}

// An op that is a term of operators over inputs of one dtype.
class Term {
 public:
  Term(GraphWriter& graph, const Node& node) : graph_(graph), node_(node) {}
  std::string operator()(const char* op, const Names& inputs) const {
    return graph_.pointwise(op, inputs, rank_of(node_));
  }
  std::string number(double value) const {
    return graph_.constant(Tensor::full({}, value, node_.inputs[0].dtype()));
  }

 private:
  GraphWriter& graph_;
  const Node& node_;
};
OpEmitter term(std::function<std::string(const Term& term, const Names& inputs)> write) {
  return [write](GraphWriter& graph, const Node& node, const Names& inputs) {
    return Names{write(Term(graph, node), inputs)};
  };
}

Names emit_cast(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto to = static_cast<int64_t>(element_type(node.outputs[0].dtype));
  return {graph.pointwise("Cast", inputs, rank_of(node), {{"to", to}})};
}

// The remainder of a division rounded down, as Python's; ONNX's Mod is that of integers alone.
Names emit_mod(GraphWriter& graph, const Node& node, const Names& inputs) {
  const Term t(graph, node);
  if (!is_floating(node.inputs[0].dtype())) return {t("Mod", inputs)};
  return {t("Sub", {inputs[0], t("Mul", {inputs[1], t("Floor", {t("Div", inputs)})})})};
}

// The angle of (x, y) from the arc tangent, which knows half of the turn.
Names emit_arctan2(GraphWriter& graph, const Node& node, const Names& inputs) {
  const Term t(graph, node);
  const std::string &y = inputs[0], &x = inputs[1], zero = t.number(0);
  const std::string angle = t("Atan", {t("Div", {y, x})});
  const std::string turn =
      t("Where", {t("Less", {y, zero}), t.number(-std::numbers::pi), t.number(std::numbers::pi)});
  const std::string upright = t("Mul", {t("Sign", {y}), t.number(std::numbers::pi / 2)});
  const std::string left = t("Where", {t("Less", {x, zero}), t("Add", {angle, turn}), upright});
  return {t("Where", {t("Greater", {x, zero}), angle, left})};
}

[[maybe_unused]] const bool elementwise_entered = [] {
  const std::pair<const char*, const char*> operators[] = {{"abs", "Abs"},
                                                           {"add", "Add"},
                                                           {"ceil", "Ceil"},
                                                           {"cos", "Cos"},
                                                           {"div", "Div"},
                                                           {"equal", "Equal"},
                                                           {"erf", "Erf"},
                                                           {"exp", "Exp"},
                                                           {"floor", "Floor"},
                                                           {"greater", "Greater"},
                                                           {"greater_equal", "GreaterOrEqual"},
                                                           {"is_nan", "IsNaN"},
                                                           {"less", "Less"},
                                                           {"less_equal", "LessOrEqual"},
                                                           {"log", "Log"},
                                                           {"logical_and", "And"},
                                                           {"logical_not", "Not"},
                                                           {"logical_or", "Or"},
                                                           {"maximum", "Max"},
                                                           {"minimum", "Min"},
                                                           {"mul", "Mul"},
                                                           {"neg", "Neg"},
                                                           {"pow", "Pow"},
                                                           {"reciprocal", "Reciprocal"},
                                                           {"relu", "Relu"},
                                                           {"round", "Round"},
                                                           {"select", "Where"},
                                                           {"sigmoid", "Sigmoid"},
                                                           {"sign", "Sign"},
                                                           {"sin", "Sin"},
                                                           {"softplus", "Softplus"},
                                                           {"sqrt", "Sqrt"},
                                                           {"sub", "Sub"},
                                                           {"tanh", "Tanh"}};
  for (const auto& [op, name] : operators) register_op_emitter(op, operator_named(name));
  register_op_emitter("cast", emit_cast);
  register_op_emitter("expm1", term([](const Term& t, const Names& x) {
                        return t("Sub", {t("Exp", x), t.number(1)});
                      }));
  register_op_emitter("log1p", term([](const Term& t, const Names& x) {
                        return t("Log", {t("Add", {x[0], t.number(1)})});
                      }));
  register_op_emitter("square", term([](const Term& t, const Names& x) {
                        return t("Mul", {x[0], x[0]});
                      }));
  register_op_emitter("silu", term([](const Term& t, const Names& x) {
                        return t("Mul", {x[0], t("Sigmoid", x)});
                      }));
  register_op_emitter(
      "rsqrt", term([](const Term& t, const Names& x) { return t("Reciprocal", {t("Sqrt", x)}); }));
  register_op_emitter(
      "not_equal", term([](const Term& t, const Names& x) { return t("Not", {t("Equal", x)}); }));
  register_op_emitter("is_finite", term([](const Term& t, const Names& x) {
                        return t("Less", {t("Abs", x), t.number(INFINITY)});
                      }));
  register_op_emitter("mod", emit_mod);
  register_op_emitter("arctan2", emit_arctan2);
  register_op_emitter("relu_gradient", term([](const Term& t, const Names& x) {
                        return t("Where", {t("Greater", {x[1], t.number(0)}), x[0], t.number(0)});
                      }));
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
