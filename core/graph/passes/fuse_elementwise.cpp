#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/graph/builtin_ops.h"
#include "core/graph/passes/passes.h"
#include "core/graph/program.h"

namespace tutti {
namespace {

using NodePtr = std::shared_ptr<Node>;

// A set of elementwise nodes of one output shape and kind that will run as one program.
struct Group {
  std::vector<const Node*> members;  // in topological order
  int64_t columns = 0;               // 0: any split of the view serves
};

class ElementwiseFuser {
 public:
  explicit ElementwiseFuser(const Graph& graph) : graph_(graph), order_(topological_order(graph)) {
    for (size_t i = 0; i < order_.size(); ++i) index_[order_[i].get()] = i;
    for (const auto& node : order_) start_group(*node);
    for (const auto& node : order_)
      if (group_of_.contains(node.get()))
        for (const auto& input : node->inputs) try_merge(*node, input);
  }

  Graph run() {
    find_escaping();
    for (const auto& node : order_) emit(node.get());
    Graph result;
    for (const auto& value : graph_.inputs) result.inputs.push_back(mapped(value));
    for (const auto& value : graph_.outputs) result.outputs.push_back(mapped(value));
    for (const auto& value : graph_.effects) result.effects.push_back(mapped(value));
    return result;
  }

 private:
  // Nodes of a group: more would gain nothing, and merging looks at all of them again.
  static constexpr size_t kLargestGroup = 256;

  // The columns that an elementwise node's inputs ask for; false if no program can run it.
  static bool columns_of(const Node& node, int64_t& columns) {
    columns = 0;
    for (const auto& input : node.inputs) {
      int64_t wanted = 0;
      Access access;
      if (!classify(node.outputs[0].shape, input.shape(), wanted, access)) return false;
      if (access != Access::columns && access != Access::rows) continue;
      if (columns != 0 && columns != wanted) return false;
      columns = wanted;
    }
    return true;
  }

  void start_group(const Node& node) {
    int64_t columns = 0;
    if (!node.op->elementwise() || !columns_of(node, columns)) return;
    group_of_[&node] = static_cast<int>(groups_.size());
    groups_.push_back({{&node}, columns});
  }

  void try_merge(const Node& node, const Value& input) {
    const Node* producer = input.node().get();
    const auto found = group_of_.find(producer);
    if (found == group_of_.end()) return;
    const int into = group_of_[&node], from = found->second;
    if (into == from) return;
    const ValueType &a = node.outputs[0], &b = producer->outputs[0];
    if (a.shape != b.shape || a.kind != b.kind) return;
    Group &to = groups_[static_cast<size_t>(into)], &other = groups_[static_cast<size_t>(from)];
    if (to.columns != 0 && other.columns != 0 && to.columns != other.columns) return;
    if (to.members.size() + other.members.size() > kLargestGroup) return;
    if (would_cycle(into, from)) return;
    to.columns = std::max(to.columns, other.columns);
    for (const Node* member : other.members) group_of_[member] = into;
    to.members.insert(to.members.end(), other.members.begin(), other.members.end());
    std::sort(to.members.begin(), to.members.end(),
              [&](auto* x, auto* y) { return index_[x] < index_[y]; });
    other.members.clear();
  }

  // True if something outside both groups lies between them: they could not run as one.
  bool would_cycle(int a, int b) {
    const auto inside = [&](const Node* node) {
      const auto found = group_of_.find(node);
      return found != group_of_.end() && (found->second == a || found->second == b);
    };
    size_t lowest = order_.size();
    std::vector<const Node*> stack;
    std::unordered_set<const Node*> seen;
    const auto push_inputs = [&](const Node* node, bool from_inside) {
      for (const auto& input : node->inputs) {
        const Node* next = input.node().get();
        if (inside(next) ? !from_inside : seen.insert(next).second) stack.push_back(next);
      }
    };
    for (const int group : {a, b})
      for (const Node* member : groups_[static_cast<size_t>(group)].members) {
        lowest = std::min(lowest, index_[member]);
        push_inputs(member, true);
      }
    while (!stack.empty()) {
      const Node* node = stack.back();
      stack.pop_back();
      if (inside(node)) return true;
      const auto found = group_of_.find(node);
      if (found == group_of_.end()) {
        if (index_[node] > lowest) push_inputs(node, false);
        continue;
      }
      // Another group runs as one: reaching a member reaches all its inputs.
      for (const Node* member : groups_[static_cast<size_t>(found->second)].members)
        if (index_[member] > lowest) push_inputs(member, false);
    }
    return false;
  }

  // Values of a group that something outside it wants.
  void find_escaping() {
    for (const auto& node : order_)
      for (const auto& input : node->inputs) {
        const auto producer = group_of_.find(input.node().get());
        if (producer == group_of_.end()) continue;
        const auto consumer = group_of_.find(node.get());
        if (consumer == group_of_.end() || consumer->second != producer->second)
          escaping_.insert(input.node().get());
      }
    for (const auto* values : {&graph_.outputs, &graph_.effects})
      for (const auto& value : *values) escaping_.insert(value.node().get());
  }

  Value mapped(const Value& value) const {
    const auto found = map_.find(value);
    return found == map_.end() ? value : found->second;
  }

  // Emits a unit (a node or its whole group) after the units it needs.
  void emit(const Node* wanted) {
    std::vector<const Node*> stack{wanted};
    while (!stack.empty()) {
      const Node* node = stack.back();
      if (emitted_.contains(node)) {
        stack.pop_back();
        continue;
      }
      const auto found = group_of_.find(node);
      std::vector<const Node*> members{node};
      if (found != group_of_.end()) members = groups_[static_cast<size_t>(found->second)].members;
      const size_t before = stack.size();
      for (const Node* member : members)
        for (const auto& input : member->inputs) {
          const Node* producer = input.node().get();
          const bool inner = std::find(members.begin(), members.end(), producer) != members.end();
          if (!inner && !emitted_.contains(producer)) stack.push_back(producer);
        }
      if (stack.size() != before) continue;
      stack.pop_back();
      if (found == group_of_.end()) {
        emit_node(*node);
      } else {
        emit_group(groups_[static_cast<size_t>(found->second)]);
      }
      emitted_.insert(members.begin(), members.end());
    }
  }

  void emit_node(const Node& node) {
    std::vector<Value> inputs;
    bool changed = false;
    for (const auto& input : node.inputs) {
      inputs.push_back(mapped(input));
      changed = changed || !(inputs.back() == input);
    }
    if (!changed) return;
    const auto outputs = make_node_outputs(node.op, std::move(inputs));
    outputs[0].node()->scope = node.scope;
    for (size_t i = 0; i < outputs.size(); ++i)
      map_[Value(order_[index_[&node]], static_cast<int>(i))] = outputs[i];
  }

  void emit_group(const Group& group) {
    Program program;
    program.columns = std::max<int64_t>(1, group.columns);
    std::vector<Value> buffers;
    std::unordered_map<Value, int, ValueHash> registers;
    // All inputs come first: they have the lowest registers.
    std::unordered_set<const Node*> inner(group.members.begin(), group.members.end());
    for (const Node* member : group.members)
      for (const auto& input : member->inputs)
        if (!inner.contains(input.node().get()) && !registers.contains(input)) {
          registers[input] = static_cast<int>(program.inputs.size());
          program.inputs.push_back(program_input(input, member->outputs[0].shape));
          if (!program.inputs.back().immediate) buffers.push_back(mapped(input));
        }
    std::vector<ValueType> types;
    std::vector<const Node*> results;
    for (const Node* member : group.members) {
      Instruction instruction{member->op->elementwise(), {}, member->outputs[0].dtype};
      for (const auto& input : member->inputs) instruction.arguments.push_back(registers.at(input));
      const int reg = static_cast<int>(program.inputs.size() + program.instructions.size());
      registers[Value(order_[index_[member]])] = reg;
      program.instructions.push_back(std::move(instruction));
      if (!escaping_.contains(member)) continue;
      program.outputs.push_back(reg);
      types.push_back(member->outputs[0]);
      results.push_back(member);
    }
    const auto outputs =
        make_node_outputs(std::make_shared<FusedOp>(std::move(program), types), std::move(buffers));
    outputs[0].node()->scope = group.members.back()->scope;
    for (size_t i = 0; i < results.size(); ++i)
      map_[Value(order_[index_[results[i]]])] = outputs[i];
  }

  static ProgramInput program_input(const Value& input, const Shape& output) {
    ProgramInput result;
    result.dtype = input.dtype();
    int64_t columns = 0;
    classify(output, input.shape(), columns, result.access);
    const Tensor* constant = constant_of(input);
    if (constant && constant->elements() == 1) {
      result.access = Access::scalar;
      result.immediate = true;
      result.number = constant->to_vector<double>()[0];
    }
    return result;
  }

  const Graph& graph_;
  std::vector<NodePtr> order_;
  std::unordered_map<const Node*, size_t> index_;
  std::unordered_map<const Node*, int> group_of_;
  std::vector<Group> groups_;
  std::unordered_set<const Node*> escaping_, emitted_;
  ValueMap map_;
};

}  // namespace

Graph fuse_elementwise(const Graph& graph) { return ElementwiseFuser(graph).run(); }

}  // namespace tutti
