// Ops that move, choose, sum or multiply elements.
#include <algorithm>
#include <numeric>

#include "core/ops/batch_matmul.h"
#include "core/ops/concatenate.h"
#include "core/ops/matmul.h"
#include "core/ops/one_hot.h"
#include "core/ops/pad.h"
#include "core/ops/reduce.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"
#include "io/onnx/export/emitters.h"
#include "io/onnx/wire.h"

namespace tutti::onnx {
namespace {

const std::vector<int64_t>& dims_of(const Node& node) { return node.outputs[0].shape.dims(); }
size_t input_rank(const Node& node) { return node.inputs[0].shape().dims().size(); }

// What makes no difference to one program that holds all rows, and marks.
Names emit_nothing(GraphWriter&, const Node&, const Names& inputs) { return {inputs[0]}; }

// 0 takes the extent of the input: the rows stay axis 0.
Names emit_reshape(GraphWriter& graph, const Node& node, const Names& inputs) {
  std::vector<int64_t> dims = dims_of(node);
  const bool rows = node.outputs[0].shape.has_rows();
  if (node.inputs[0].shape() == node.outputs[0].shape) return {inputs[0]};
  if (rows && dims.size() == 2) return {graph.node("Flatten", inputs, {{"axis", int64_t{1}}})};
  if (rows) dims[0] = 0;
  return {graph.node("Reshape", {inputs[0], graph.integers(dims)})};
}

Names emit_broadcast(GraphWriter& graph, const Node& node, const Names& inputs) {
  std::vector<int64_t> dims = dims_of(node);
  if (!node.outputs[0].shape.has_rows())
    return {graph.node("Expand", {inputs[0], graph.integers(dims)})};
  dims.erase(dims.begin());
  const std::string rows = node.inputs[0].shape().has_rows() ? graph.integers({1}) : graph.rows();
  const std::string shape =
      dims.empty() ? rows
                   : graph.node("Concat", {rows, graph.integers(dims)}, {{"axis", int64_t{0}}});
  return {graph.node("Expand", {inputs[0], shape})};
}

Names emit_concatenate(GraphWriter& graph, const Node& node, const Names& inputs) {
  const int axis = op_of<ConcatenateOp>(node).axis();
  return {
      graph.in_any_order(inputs, dims_of(node).size(), [&](const Names& in, const Order& order) {
        const int64_t at = order.empty() ? axis : order[static_cast<size_t>(axis)];
        return graph.node("Concat", in, {{"axis", at}});
      })};
}

// Numbers for each axis, as they stand before a transposition.
std::vector<int64_t> before_order(const std::vector<int64_t>& numbers, const Order& order) {
  std::vector<int64_t> moved = numbers;
  for (size_t i = 0; i < order.size(); ++i) moved[static_cast<size_t>(order[i])] = numbers[i];
  return moved;
}

Names emit_pad(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto& op = op_of<PadOp>(node);
  return {graph.in_any_order(inputs, input_rank(node), [&](const Names& in, const Order& order) {
    auto pads = before_order(op.before(), order);
    const auto after = before_order(op.after(), order);
    pads.insert(pads.end(), after.begin(), after.end());
    const Tensor zero = Tensor::zeros({}, node.inputs[0].dtype());
    return graph.node("Pad", {in[0], graph.integers(pads), graph.constant(zero)});
  })};
}

Names emit_slice(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto& op = op_of<SliceOp>(node);
  const auto& whole = node.inputs[0].shape().dims();
  return {graph.in_any_order(inputs, whole.size(), [&](const Names& in, const Order& order) {
    std::vector<int64_t> begin, end, axes;
    for (size_t i = 0; i < whole.size(); ++i) {
      if (op.begin()[i] == 0 && op.end()[i] == whole[i]) continue;
      begin.push_back(op.begin()[i]);
      end.push_back(op.end()[i]);
      axes.push_back(order.empty() ? static_cast<int64_t>(i) : order[i]);
    }
    if (axes.empty()) return in[0];
    return graph.node("Slice",
                      {in[0], graph.integers(begin), graph.integers(end), graph.integers(axes)});
  })};
}

Names emit_transpose(GraphWriter& graph, const Node& node, const Names& inputs) {
  return {graph.transpose(inputs[0], op_of<TransposeOp>(node).permutation())};
}

std::string with_last_two_swapped(GraphWriter& graph, const std::string& x, size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[rank - 1], order[rank - 2]);
  return graph.transpose(x, order);
}

Names emit_batch_matmul(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto& op = op_of<BatchMatmulOp>(node);
  const auto side = [&](size_t i, bool turned) {
    return turned ? with_last_two_swapped(graph, inputs[i], input_rank(node)) : inputs[i];
  };
  return {graph.node("MatMul", {side(0, op.transpose_a()), side(1, op.transpose_b())})};
}

Names emit_matmul(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto& op = op_of<MatmulOp>(node);
  std::string a = inputs[0], b = inputs[1];
  if (op.transpose_a()) {  // a sum over all leading axes
    const auto flat = [&](const std::string& x, const Value& value) {
      return graph.node("Reshape", {x, graph.integers({-1, value.shape()[-1]})});
    };
    a = graph.transpose(flat(a, node.inputs[0]), {1, 0});
    b = flat(b, node.inputs[1]);
  }
  if (op.transpose_b()) b = graph.transpose(b, {1, 0});
  return {graph.node("MatMul", {a, b})};
}

Names emit_softmax(GraphWriter& graph, const Node& node, const Names& inputs) {
  const char* op = node.op->name() == "softmax" ? "Softmax" : "LogSoftmax";
  return {graph.node(op, inputs, {{"axis", int64_t{-1}}})};
}

Names emit_reduce(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto& op = op_of<ReduceOp>(node);
  std::vector<int64_t> axes;
  for (int axis = op.begin(); axis < op.end(); ++axis) axes.push_back(axis);
  if (op.reduction() == Reduction::sum)
    return {graph.node("ReduceSum", {inputs[0], graph.integers(axes)}, {{"keepdims", int64_t{0}}})};
  const char* name = op.reduction() == Reduction::max ? "ReduceMax" : "ReduceMin";
  return {graph.node(name, inputs, {{"axes", axes}, {"keepdims", int64_t{0}}})};
}

Names emit_arg_reduce(GraphWriter& graph, const Node& node, const Names& inputs) {
  const char* op = node.op->name() == "argmax" ? "ArgMax" : "ArgMin";
  return {graph.node(op, inputs, {{"axis", int64_t{-1}}, {"keepdims", int64_t{0}}})};
}

// Of a table of integers -1 stands outside, which look-ups rely on; an embedding has no word there.
Names emit_take(GraphWriter& graph, const Node& node, const Names& inputs) {
  const Attributes first{{"axis", int64_t{0}}};
  if (is_floating(node.outputs[0].dtype)) return {graph.node("Gather", inputs, first)};
  const auto number = [&](int64_t value, DType dtype) {
    return graph.constant(Tensor::full({}, static_cast<double>(value), dtype));
  };
  const DType type = node.inputs[1].dtype();
  const std::string least = number(0, type), most = number(node.inputs[0].shape()[0] - 1, type);
  const std::string at = graph.node("Min", {graph.node("Max", {inputs[1], least}), most});
  const std::string inside = graph.node("Equal", {at, inputs[1]}),
                    found = graph.node("Gather", {inputs[0], at}, first);
  if (node.inputs[0].shape().rank() > 1) return {found};
  return {graph.node("Where", {inside, found, number(-1, node.outputs[0].dtype)})};
}

// A place below 0 is nowhere and gives 0.
Names emit_pick(GraphWriter& graph, const Node& node, const Names& inputs) {
  const int64_t places = node.inputs[1].shape().elements_per_row();
  const std::string flat = graph.node("Flatten", {inputs[0]}, {{"axis", int64_t{1}}});
  const std::string place = graph.node("Reshape", {inputs[1], graph.integers({0, places})});
  const std::string none = graph.constant(Tensor::zeros({}, node.inputs[1].dtype()));
  const std::string found = graph.node("GatherElements", {flat, graph.node("Max", {place, none})},
                                       {{"axis", int64_t{1}}});
  const std::string zero = graph.constant(Tensor::zeros({}, node.outputs[0].dtype));
  const std::string picked = graph.node("Where", {graph.node("Less", {place, none}), zero, found});
  std::vector<int64_t> dims = dims_of(node);
  dims[0] = 0;
  return {graph.node("Reshape", {picked, graph.integers(dims)})};
}

// Each row's own table: the rows are a batch of look-ups.
Names emit_take_in_rows(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto last = static_cast<int64_t>(node.inputs[1].shape().rank());
  const std::string at = graph.node("Unsqueeze", {inputs[1], graph.integers({last})});
  return {graph.node("GatherND", {inputs[0], at}, {{"batch_dims", int64_t{1}}})};
}

// A product with 1 where an update belongs to an entry: an index outside belongs to none.
Names emit_scatter_add_in_rows(GraphWriter& graph, const Node& node, const Names& inputs) {
  std::vector<int64_t> dims = node.outputs[0].shape.dims(), entries(static_cast<size_t>(dims[1]));
  std::iota(entries.begin(), entries.end(), 0);
  const int64_t places = node.inputs[1].shape().elements_per_row();
  const int64_t width = node.outputs[0].shape.elements_per_row() / dims[1];
  const Tensor entry = Tensor::from(entries, {dims[1], 1});
  const std::string index = graph.node("Reshape", {inputs[1], graph.integers({0, 1, places})});
  const std::string same = graph.node("Equal", {index, graph.constant(entry)});
  const int64_t type = element_type(node.outputs[0].dtype);
  const std::string belongs = graph.node("Cast", {same}, {{"to", type}});
  const std::string updates =
      graph.node("Reshape", {inputs[0], graph.integers({0, places, width})});
  dims[0] = 0;
  return {graph.node("Reshape", {graph.node("MatMul", {belongs, updates}), graph.integers(dims)})};
}

Names emit_take_along(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto axis = static_cast<int64_t>(input_rank(node)) - 1;
  const std::string at = graph.node("Unsqueeze", {inputs[1], graph.integers({axis})});
  const std::string found = graph.node("GatherElements", {inputs[0], at}, {{"axis", axis}});
  return {graph.node("Squeeze", {found, graph.integers({axis})})};
}

// ONNX's OneHot counts negative labels from the end: here they are none.
Names emit_one_hot(GraphWriter& graph, const Node& node, const Names& inputs) {
  std::vector<int64_t> classes(static_cast<size_t>(op_of<OneHotOp>(node).classes()));
  std::iota(classes.begin(), classes.end(), 0);
  const auto rank = static_cast<int64_t>(input_rank(node));
  const std::string labels =
      graph.node("Cast", inputs, {{"to", int64_t{element_type(DType::i64)}}});
  const std::string label = graph.node("Unsqueeze", {labels, graph.integers({rank})});
  const std::string same = graph.node("Equal", {label, graph.integers(classes)});
  return {graph.node("Cast", {same}, {{"to", int64_t{element_type(DType::f32)}}})};
}

Names emit_row_count(GraphWriter& graph, const Node&, const Names&) {
  const std::string count = graph.node("Squeeze", {graph.rows(), graph.integers({0})});
  return {graph.node("Cast", {count}, {{"to", int64_t{element_type(DType::f32)}}})};
}

[[maybe_unused]] const bool ops_entered = [] {
  for (const char* op : {"layer", "mask", "stop_gradient", "sum_rows", "gather_rows", "own_rows"})
    register_op_emitter(op, emit_nothing);
  const std::pair<const char*, OpEmitter> emitters[] = {
      {"reshape", emit_reshape},
      {"broadcast_to", emit_broadcast},
      {"concatenate", emit_concatenate},
      {"pad", emit_pad},
      {"slice", emit_slice},
      {"transpose", emit_transpose},
      {"matmul", emit_matmul},
      {"batch_matmul", emit_batch_matmul},
      {"softmax", emit_softmax},
      {"log_softmax", emit_softmax},
      {"reduce_sum", emit_reduce},
      {"reduce_max", emit_reduce},
      {"reduce_min", emit_reduce},
      {"argmax", emit_arg_reduce},
      {"argmin", emit_arg_reduce},
      {"take", emit_take},
      {"pick", emit_pick},
      {"take_in_rows", emit_take_in_rows},
      {"scatter_add_in_rows", emit_scatter_add_in_rows},
      {"take_along", emit_take_along},
      {"one_hot", emit_one_hot},
      {"row_count", emit_row_count}};
  for (const auto& [op, emitter] : emitters) register_op_emitter(op, emitter);
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
