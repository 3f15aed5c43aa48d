// Windows that slide over axes, in primitive operators: for layers that ONNX has no operator for.
#include <algorithm>
#include <numeric>

#include "core/ops/patches.h"
#include "io/onnx/export/emitters.h"

namespace tutti::onnx {
namespace {

using Dims = std::vector<int64_t>;

// [n, s.., c] -> [n, o.., k, c]: elements are gathered along one axis after another.
Names emit_patches(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto& op = op_of<PatchesOp>(node);
  const Windows& w = op.windows();
  const auto& in = node.inputs[0].shape().dims();
  const auto positions = w.positions({in.begin() + 1, in.end() - 1}, "patches");
  const size_t axes = positions.size();
  Dims pads(2 * in.size(), 0);
  std::copy(w.before.begin(), w.before.end(), pads.begin() + 1);
  std::copy(w.after.begin(), w.after.end(), pads.begin() + 1 + static_cast<int64_t>(in.size()));
  const Tensor fill = Tensor::full({}, op.fill(), node.inputs[0].dtype());
  std::string x = graph.node("Pad", {inputs[0], graph.integers(pads), graph.constant(fill)});
  Dims apart{0};
  for (size_t i = 0; i < axes; ++i) {
    Dims index;
    for (int64_t o = 0; o < positions[i]; ++o)
      for (int64_t k = 0; k < w.size[i]; ++k) index.push_back(o * w.stride[i] + k * w.dilation[i]);
    x = graph.node("Gather", {x, graph.integers(index)}, {{"axis", static_cast<int64_t>(i) + 1}});
    apart.insert(apart.end(), {positions[i], w.size[i]});
  }
  apart.push_back(in.back());
  x = graph.node("Reshape", {x, graph.integers(apart)});
  Order order{0};
  for (size_t i = 0; i < axes; ++i) order.push_back(static_cast<int>(2 * i + 1));
  for (size_t i = 0; i < axes; ++i) order.push_back(static_cast<int>(2 * i + 2));
  order.push_back(static_cast<int>(2 * axes + 1));
  Dims dims = node.outputs[0].shape.dims();
  dims[0] = 0;
  return {graph.node("Reshape", {graph.transpose(x, order), graph.integers(dims)})};
}

// [o k, s]: 1 where element k of window o is element s.
Tensor covering(const Windows& w, size_t axis, int64_t positions, int64_t extent, DType dtype) {
  Dims shape{positions * w.size[axis], extent};
  std::vector<double> ones(static_cast<size_t>(shape[0] * shape[1]), 0.0);
  for (int64_t o = 0; o < positions; ++o)
    for (int64_t k = 0; k < w.size[axis]; ++k) {
      const int64_t at = o * w.stride[axis] - w.before[axis] + k * w.dilation[axis];
      if (at >= 0 && at < extent)
        ones[static_cast<size_t>((o * w.size[axis] + k) * extent + at)] = 1;
    }
  return Tensor::from(ones, Shape(std::move(shape))).to(dtype);
}

// [n, o.., k, c] -> [n, s.., c]: a product along one axis after another.
Names emit_fold(GraphWriter& graph, const Node& node, const Names& inputs) {
  const auto& op = op_of<FoldOp>(node);
  const Windows& w = op.windows();
  const auto& in = node.inputs[0].shape().dims();
  const size_t axes = w.size.size();
  Dims apart(in.begin(), in.end() - 2);
  apart[0] = 0;
  apart.insert(apart.end(), w.size.begin(), w.size.end());
  apart.push_back(in.back());
  std::string x = graph.node("Reshape", {inputs[0], graph.integers(apart)});
  Order order{0, static_cast<int>(2 * axes + 1)};
  Dims paired{0, in.back()};
  for (size_t i = 0; i < axes; ++i) {
    order.insert(order.end(), {static_cast<int>(i + 1), static_cast<int>(i + 1 + axes)});
    paired.push_back(in[i + 1] * w.size[i]);
  }
  x = graph.node("Reshape", {graph.transpose(x, order), graph.integers(paired)});
  Order last_first(axes + 2);
  std::iota(last_first.begin(), last_first.end(), 0);
  std::rotate(last_first.begin() + 2, last_first.end() - 1, last_first.end());
  for (size_t i = axes; i-- > 0;) {
    const Tensor ones = covering(w, i, in[i + 1], op.extents()[i], node.outputs[0].dtype);
    x = graph.transpose(graph.node("MatMul", {x, graph.constant(ones)}), last_first);
  }
  return {graph.transpose(x, channels_to_back(axes + 2))};
}

[[maybe_unused]] const bool windows_entered =
    register_op_emitter("patches", emit_patches) && register_op_emitter("fold", emit_fold);

}  // namespace
}  // namespace tutti::onnx
