#include "core/graph/host_stage.h"

#include <algorithm>
#include <unordered_set>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"

namespace tutti {
namespace {

bool is_text(const Value& value) { return value.dtype() == DType::string; }

bool touches_text(const Node& node) {
  return std::any_of(node.inputs.begin(), node.inputs.end(), is_text) ||
         std::any_of(node.outputs.begin(), node.outputs.end(),
                     [](const auto& type) { return type.dtype == DType::string; });
}

bool on_host(const Tensor& tensor) { return tensor.device().kind() == DeviceKind::cpu; }

const HostOp* host_op_of(const Node& node) { return dynamic_cast<const HostOp*>(node.op.get()); }

bool is_input(const Node& node) { return dynamic_cast<const InputOp*>(node.op.get()) != nullptr; }

std::string place_of(const Node& node) {
  return node.scope.empty() ? std::string(node.op->name()) : node.scope;
}

}  // namespace

HostStage::HostStage(const Graph& graph, const ExecutableOptions& options)
    : whole_(graph), rows_(options.layout.owned_rows().size()) {
  choose(graph, options.device->kind());
  idle_ = before_nodes_.empty() && after_nodes_.empty() &&
          std::none_of(graph.inputs.begin(), graph.inputs.end(), is_text);
  if (idle_)
    rest_ = graph;
  else
    cut(graph);
}

// Host ops on text, and what they take from there back to the inputs.
void HostStage::choose(const Graph& graph, DeviceKind device) {
  const auto order = topological_order(graph);
  std::unordered_set<const Node*> known;  // before the device's step
  std::unordered_set<const Node*> wanted;
  for (const auto& node : order) {
    const auto& inputs = node->inputs;
    const bool fed = !inputs.empty() && std::all_of(inputs.begin(), inputs.end(), [&](auto& value) {
      return known.contains(value.node().get());
    });
    const bool host = host_op_of(*node) != nullptr;
    if (is_input(*node) || (fed && (host || node->op->view()))) known.insert(node.get());
    if (is_input(*node) || node->op->view()) continue;
    if (host && fed) {
      if (touches_text(*node) || !has_kernel(node->op->name(), device)) wanted.insert(node.get());
    } else if (touches_text(*node)) {
      if (!host || std::any_of(inputs.begin(), inputs.end(), is_text)) refuse(*node);
      after_nodes_.push_back(node);
    }
  }
  for (auto node = order.rbegin(); node != order.rend(); ++node)
    if (wanted.contains(node->get()))
      for (const auto& value : (*node)->inputs) wanted.insert(value.node().get());
  for (const auto& node : order)
    if (wanted.contains(node.get()) && host_op_of(*node)) before_nodes_.push_back(node);
}

void HostStage::refuse(const Node& node) {
  if (!host_op_of(node))
    fail(place_of(node),
         "op '{}' takes numbers and got text; put a StringLookup, a TextVectorization or Hashing "
         "before it",
         node.op->name());
  fail(place_of(node),
       "works on text in the middle of a model, where numbers were computed; text is read at the "
       "inputs and made at the outputs alone");
}

void HostStage::cut(const Graph& graph) {
  Graph numbers;
  const auto feed = [&](const Value& value) {
    if (!is_text(value)) fed_[value] = numbers.inputs.size(), numbers.inputs.push_back(value);
  };
  for (const auto& input : graph.inputs) feed(input);
  ValueMap known;
  for (const auto& node : before_nodes_) {
    const Value value(node);
    feed(value);
    known[value] = make_input(place_of(*node), value.shape(), value.dtype());
  }
  const auto take = [&](const Value& value) {
    if (taken_.try_emplace(value, numbers.outputs.size()).second) numbers.outputs.push_back(value);
  };
  for (const auto& output : graph.outputs)
    if (!is_text(output)) take(output);
  for (const auto& node : after_nodes_)
    for (const auto& input : node->inputs) take(input);
  numbers.effects = graph.effects;
  const auto keep = [](const auto&, const auto&) { return std::vector<Value>(); };
  rest_ = rewrite(numbers, keep, std::move(known));
}

// Where a value lies that the host reads or writes.
Tensor HostStage::memory_of(const Value& value) {
  if (const auto found = memory_.find(value); found != memory_.end()) return found->second;
  const Shape shape = value.shape().with_rows(rows_);
  const auto fed = fed_.find(value);
  Tensor memory;
  if (value.node()->op->view())
    memory = memory_of(value.node()->inputs[0]).reshape(shape);
  else if (fed != fed_.end() && (is_input(*value.node()) || on_host(rest_inputs_[fed->second])))
    memory = rest_inputs_[fed->second];
  else
    memory = Tensor::empty(shape, value.dtype());
  return memory_[value] = memory;
}

HostStage::Call HostStage::make_call(const std::shared_ptr<Node>& node) {
  Call call{std::static_pointer_cast<const HostOp>(node->op), {}, memory_of(Value(node)), {}};
  for (const auto& input : node->inputs) {
    const auto taken = taken_.find(input);
    call.inputs.push_back(taken == taken_.end() ? memory_of(input) : rest_outputs_[taken->second]);
  }
  const auto fed = fed_.find(Value(node));
  if (fed != fed_.end() && !on_host(rest_inputs_[fed->second]))
    call.device = rest_inputs_[fed->second];
  return call;
}

void HostStage::bind(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs) {
  if (idle_) {
    inputs_ = inputs, outputs_ = outputs;
  } else {
    bind_text(inputs, outputs);
  }
  // A graph knows the layers whose calls made it, a model among them that owns this Executable.
  whole_ = rest_ = {};
  before_nodes_.clear(), after_nodes_.clear();
  fed_.clear(), taken_.clear(), memory_.clear();
}

void HostStage::bind_text(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs) {
  rest_inputs_ = inputs;
  rest_outputs_ = outputs;
  for (const auto& input : whole_.inputs)
    inputs_.push_back(is_text(input) ? memory_of(input) : inputs[fed_.at(input)]);
  for (const auto& node : before_nodes_) before_.push_back(make_call(node));
  for (const auto& node : after_nodes_) after_.push_back(make_call(node));
  for (const auto& output : whole_.outputs)
    outputs_.push_back(is_text(output) ? memory_of(output) : outputs[taken_.at(output)]);
}

void HostStage::run(const std::vector<Call>& calls, ThreadPool* pool) {
  constexpr int64_t kPart = 16;  // rows that a thread takes at a time
  for (const auto& call : calls) {
    std::vector<Tensor> inputs;
    for (const auto& input : call.inputs) inputs.push_back(input.to_host());
    const int64_t rows = call.output.rows(), parts = (rows + kPart - 1) / kPart;
    const auto part = [&](int64_t number) {
      const int64_t begin = number * kPart, end = std::min(begin + kPart, rows);
      std::vector<Tensor> some;
      for (const auto& input : inputs) some.push_back(input.slice_rows(begin, end));
      call.op->compute(some, call.output.slice_rows(begin, end));
    };
    if (pool)
      pool->run(parts, part);
    else
      for (int64_t number = 0; number < parts; ++number) part(number);
    if (call.device.defined()) call.device.copy_from(call.output);
  }
}

}  // namespace tutti
