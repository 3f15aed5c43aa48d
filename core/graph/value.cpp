#include "core/graph/value.h"

#include <utility>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"

namespace tutti {
namespace {

thread_local std::string current_scope;

}  // namespace

const char* name_of(ValueKind kind) {
  constexpr const char* names[] = {"row", "same", "partial", "share"};
  return names[static_cast<size_t>(kind)];
}

std::string to_string(const ValueType& type) {
  return fmt::format("{} {} {}", name_of(type.dtype), to_string(type.shape), name_of(type.kind));
}

Value::Value(const Tensor& constant)
    : Value(make_node(std::make_shared<ConstantOp>(constant), {})) {}

Value::Value(double scalar) : Value(make_node(std::make_shared<ConstantOp>(scalar), {})) {}

const ValueType& Value::type() const {
  if (!node_) fail("graph", "an empty Value was used; give it a value first");
  return node_->outputs[static_cast<size_t>(output_)];
}

Node::Node(std::shared_ptr<const Op> op, std::vector<Value> inputs, std::vector<ValueType> outputs)
    : op(std::move(op)),
      inputs(std::move(inputs)),
      outputs(std::move(outputs)),
      scope(current_scope) {}

// A long chain must not be released by recursion: what nodes own, by their inputs or by the calls
// that their ops remember, is handed to the first of them that goes.
Node::~Node() {
  using Owned = std::pair<std::shared_ptr<const Op>, std::vector<Value>>;
  thread_local std::vector<Owned>* orphans = nullptr;
  if (orphans) {
    orphans->emplace_back(std::move(op), std::move(inputs));
    return;
  }
  std::vector<Owned> mine;
  orphans = &mine;
  mine.emplace_back(std::move(op), std::move(inputs));
  while (!mine.empty()) {
    const Owned last = std::move(mine.back());
    mine.pop_back();
  }
  orphans = nullptr;
}

std::vector<Value> make_node_outputs(std::shared_ptr<const Op> op, std::vector<Value> inputs) {
  std::vector<ValueType> types;
  for (const auto& input : inputs) types.push_back(input.type());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (types[i].kind != ValueKind::partial || op->linear_in(i, types)) continue;
    inputs[i] = sum_rows(inputs[i]);
    types[i] = inputs[i].type();
  }
  auto outputs = op->infer(types);
  for (const auto& output : outputs)  // throw for what no machine holds
    (void)(output.shape.has_rows() ? output.shape.elements_per_row() : output.shape.elements());
  for (auto& output : outputs)
    if (output.kind == ValueKind::partial && is_half(output.dtype)) output.dtype = DType::f32;
  const size_t count = outputs.size();
  auto node = std::make_shared<Node>(std::move(op), std::move(inputs), std::move(outputs));
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) values.emplace_back(node, static_cast<int>(i));
  return values;
}

Value make_node(std::shared_ptr<const Op> op, std::vector<Value> inputs) {
  return make_node_outputs(std::move(op), std::move(inputs))[0];
}

NodeScope::NodeScope(const std::string& name) : outer_(current_scope) {
  current_scope = outer_.empty() ? name : outer_ + "/" + name;
}
NodeScope::~NodeScope() { current_scope = std::move(outer_); }

}  // namespace tutti
