#include "core/graph/schedule.h"

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

#include "core/graph/program.h"

namespace tutti {
namespace {

using ByteRange = std::pair<std::byte*, std::byte*>;

bool apart(const ByteRange& a, const ByteRange& b) {
  return !a.first || !b.first || a.second <= b.first || b.second <= a.first;
}

// The state that an output lives in; null for one in the arena.
ByteRange fixed_range(const Node& node, size_t output) {
  auto* begin = static_cast<std::byte*>(node.op->fixed_output(output));
  if (!begin) return {};
  const auto& type = node.outputs[output];
  return {begin, begin + static_cast<size_t>(type.shape.elements()) * size_of(type.dtype)};
}

// What an assigning node overwrites: all its outputs, which may be more than its place.
ByteRange overwritten(const Node& node) {
  ByteRange range = fixed_range(node, 0);
  for (size_t i = 1; i < node.outputs.size(); ++i) {
    const ByteRange other = fixed_range(node, i);
    range = {std::min(range.first, other.first), std::max(range.second, other.second)};
  }
  return range;
}

// Whatever can be done before the ranks next meet is done: a rank that is behind at one meeting may
// be ahead at the next, so two meetings with nothing between them cost one wait. Meetings and
// assigns keep their order, and what writes straight into an assign's place keeps its own, as does
// each pass over shards: one at a time fits in memory.
void meet_late(std::vector<std::shared_ptr<Node>>& order) {
  const auto stays = [](const Node& node) {
    return node.op->collective() || node.op->input_place();
  };
  std::unordered_set<const Node*> writers;
  for (const auto& node : order)
    if (node->op->input_place()) writers.insert(node->inputs[0].node().get());
  std::unordered_map<const Node*, int64_t> place;  // stayers before it; odd: a stayer itself
  int64_t passed = 0;
  for (const auto& node : order) {
    int64_t earliest = 0;
    for (const auto& input : node->inputs)
      earliest = std::max(earliest, (place.at(input.node().get()) + 1) / 2 * 2);
    if (stays(*node))
      place[node.get()] = 2 * passed++ + 1;
    else
      place[node.get()] = writers.contains(node.get()) || node->pass > 0 ? 2 * passed : earliest;
  }
  std::ranges::stable_sort(
      order, [&](const auto& a, const auto& b) { return place[a.get()] < place[b.get()]; });
}

// What sums rows is done as soon as they are there: the rows need not wait in memory, nor come back
// to the cache.
void sum_early(std::vector<std::shared_ptr<Node>>& order) {
  std::unordered_map<const Node*, size_t> place;
  for (size_t i = 0; i < order.size(); ++i) {
    const Node& node = *order[i];
    size_t ready = 0;
    for (const auto& input : node.inputs) ready = std::max(ready, place.at(input.node().get()));
    place[&node] = node.outputs[0].kind == ValueKind::partial ? ready : i;
  }
  std::ranges::stable_sort(
      order, [&](const auto& a, const auto& b) { return place[a.get()] < place[b.get()]; });
}

class Scheduler {
 public:
  explicit Scheduler(const Graph& graph) {
    // Inputs of nodes may be redirected to copies: work on nodes of our own.
    result_.graph = rewrite(graph, [](const auto& node, const auto& inputs) {
      auto outputs = make_node_outputs(node->op, inputs);
      Node& copy = *outputs[0].node();
      copy.scope = node->scope;
      copy.round = node->round;
      copy.pass = node->pass;
      return outputs;
    });
    result_.order = topological_order(result_.graph);
    std::ranges::stable_sort(result_.order, {},
                             [](const auto& node) { return std::pair(node->round, node->pass); });
    // A read stands for the elements before the step, wherever it is first needed.
    std::stable_partition(result_.order.begin(), result_.order.end(), [](const auto& node) {
      return node->inputs.empty() && node->op->fixed_output(0) && !node->op->input_place();
    });
    meet_late(result_.order);
    sum_early(result_.order);
    for (size_t i = 0; i < result_.order.size(); ++i) {
      position_[result_.order[i].get()] = i;
      for (const auto& input : result_.order[i]->inputs)
        users_[input].push_back(result_.order[i].get());
    }
  }

  Schedule run() {
    std::unordered_map<const Node*, std::vector<std::shared_ptr<Node>>> before;
    for (const auto& node : result_.order) {
      if (!node->op->input_place()) continue;
      const size_t overwrite = first_write(*node);
      auto& copies = before[result_.order[overwrite].get()];
      for (const auto& [value, users] : late_readers(*node, overwrite)) {
        copies.push_back(make_node(std::make_shared<CopyOp>(), {value}).node());
        for (Node* user : users)
          std::replace(user->inputs.begin(), user->inputs.end(), value, Value(copies.back()));
      }
    }
    std::vector<std::shared_ptr<Node>> order;
    for (const auto& node : result_.order) {
      for (auto& copy : before[node.get()]) order.push_back(std::move(copy));
      order.push_back(node);
    }
    result_.order = std::move(order);
    return std::move(result_);
  }

 private:
  using Readers = std::vector<std::pair<Value, std::vector<Node*>>>;

  // Readers, after position `overwrite`, of versions that are older than this assign.
  Readers late_readers(const Node& assign, size_t overwrite) {
    Readers late;
    const ByteRange target = overwritten(assign);
    for (size_t p = 0; p < position_[&assign]; ++p) {
      const auto& node = result_.order[p];
      for (size_t i = 0; i < node->outputs.size(); ++i)
        if (!apart(fixed_range(*node, i), target))
          collect_late(Value(node, static_cast<int>(i)), assign, overwrite, late);
    }
    return late;
  }

  // A view is read through its own users.
  void collect_late(const Value& value, const Node& assign, size_t overwrite, Readers& late) {
    std::vector<Node*> users;
    for (Node* user : users_[value]) {
      if (user->op->view())
        collect_late(Value(result_.order[position_[user]]), assign, overwrite, late);
      else if (user != &assign && position_[user] > overwrite)
        users.push_back(user);
    }
    if (!users.empty()) late.emplace_back(value, std::move(users));
  }

  // The position from which an assign's place holds new elements: its producer's if that may write
  // straight there, else its own.
  size_t first_write(const Node& assign) {
    const Value& value = assign.inputs[0];
    if (!writes_directly(assign)) return position_[&assign];
    result_.direct[value] = assign.op->input_place();
    return position_[value.node().get()];
  }

  bool writes_directly(const Node& assign) const {
    const Value& value = assign.inputs[0];
    const Node& producer = *value.node();
    if (!dynamic_cast<const FusedOp*>(producer.op.get()) || result_.direct.contains(value))
      return false;
    // A fused program goes element by element: it may read the old elements where it writes the new
    // ones, but nothing else of what is overwritten.
    const ByteRange target = overwritten(assign);
    for (const auto& input : producer.inputs) {
      const ByteRange range = fixed_range(*input.node(), static_cast<size_t>(input.output()));
      if (apart(range, target)) continue;
      if (range.first != assign.op->input_place() || !(input.type() == value.type())) return false;
    }
    return !assign.op->collective() || ranks_meet_before(producer, assign);
  }

  // Ranks may share one copy of what a collective assign overwrites: each must be done with the old
  // elements before any writes. They are if all meet between the last reader and the producer.
  bool ranks_meet_before(const Node& producer, const Node& assign) const {
    const ByteRange target = overwritten(assign);
    const size_t write = position_.at(&producer);
    size_t meeting = 0, last_reader = 0;
    for (size_t p = 0; p < position_.at(&assign); ++p) {
      const Node& node = *result_.order[p];
      if (p < write && node.op->collective()) meeting = p;
      if (&node == &producer) continue;
      for (const auto& input : node.inputs)
        if (!apart(memory_of(input), target)) last_reader = p;
    }
    return last_reader < meeting;
  }

  // The state that a value lives in, through views; null for one in the arena.
  static ByteRange memory_of(Value value) {
    while (value.node()->op->view()) value = value.node()->inputs[0];
    return fixed_range(*value.node(), static_cast<size_t>(value.output()));
  }

  Schedule result_;
  std::unordered_map<const Node*, size_t> position_;
  std::unordered_map<Value, std::vector<Node*>, ValueHash> users_;
};

}  // namespace

Schedule schedule_step(const Graph& graph) { return Scheduler(graph).run(); }

}  // namespace tutti
