#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "core/graph/passes/passes.h"
#include "core/graph/shard_passes.h"

namespace tutti {
namespace {

using NodePtr = std::shared_ptr<Node>;

// True if each pass computes it, for its own rows.
bool is_split(const Node& node) {
  const ValueKind kind = node.outputs[0].kind;
  return kind == ValueKind::partial || (kind == ValueKind::row && !node.inputs.empty());
}

class ShardSplitter {
 public:
  ShardSplitter(const Graph& graph, const ShardLayout& layout, int passes)
      : graph_(graph),
        order_(topological_order(graph)),
        layout_(layout),
        passes_(passes_of(layout, passes)) {
    find_order();
    number_rounds();
    find_needs();
  }

  Graph run() {
    for (const auto& node : order_) {
      if (!is_split(*node)) emit_whole(node);
      for (const int round : needs_[node.get()])
        if (round == kWhole)
          emit_whole(node);
        else
          for (size_t pass = 0; pass < passes_.size(); ++pass) emit(node, round, pass);
    }
    Graph result;
    for (const auto& value : graph_.inputs) result.inputs.push_back(whole(value));
    for (const auto& value : graph_.outputs) result.outputs.push_back(whole(value));
    for (const auto& value : graph_.effects) result.effects.push_back(whole(value));
    return result;
  }

 private:
  static constexpr int kWhole = -1;  // a "round": over all rows of the rank at once

  // What a node comes after: its inputs, and an earlier assign to the same place.
  void find_order() {
    std::unordered_map<void*, const Node*> assigned;
    for (const auto& node : order_) {
      auto& before = before_[node.get()];
      for (const auto& input : node->inputs) before.push_back(input.node().get());
      void* place = node->op->input_place();
      if (!place) continue;
      if (assigned.contains(place)) before.push_back(assigned[place]);
      assigned[place] = node.get();
    }
  }

  // The rank's passes end before the ranks meet; rows that need what comes of a meeting are another
  // round of passes. Each node belongs to the last round that it can: a round computes again what
  // it needs of the rows of earlier ones, so the earlier ones should do little.
  void number_rounds() {
    int rounds = 0;
    for (const auto& node : order_) {
      int& earliest = round_[node.get()];
      for (const Node* before : before_[node.get()])
        earliest = std::max(earliest, round_[before] + meets(*before, *node));
      rounds = std::max(rounds, earliest + (is_split(*node) ? 1 : 0));
    }
    for (const auto& node : order_) round_[node.get()] = rounds - (is_split(*node) ? 1 : 0);
    for (auto node = order_.rbegin(); node != order_.rend(); ++node)
      for (const Node* before : before_[node->get()])
        round_[before] = std::min(round_[before], round_[node->get()] - meets(*before, **node));
  }

  static int meets(const Node& from, const Node& to) {
    return is_split(from) && !is_split(to) ? 1 : 0;
  }

  // The rounds in which a split node is computed: no row outlives its round.
  void find_needs() {
    for (const auto* values : {&graph_.outputs, &graph_.effects})
      for (const auto& value : *values)
        if (is_split(*value.node())) needs_[value.node().get()].insert(kWhole);
    for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
      const Node* node = at->get();
      for (const auto& input : node->inputs) {
        if (!is_split(*input.node())) continue;
        auto& needs = needs_[input.node().get()];
        if (is_split(*node)) {
          needs.insert(needs_[node].begin(), needs_[node].end());
        } else if (input.kind() == ValueKind::partial) {
          needs.insert(round_[node] - 1);
          summed_.insert(input.node().get());
        } else {
          needs.insert(kWhole);  // ranks exchange rows
        }
      }
    }
  }

  Value whole(const Value& value) const { return whole_.at(value); }

  void emit_whole(const NodePtr& node) {
    std::vector<Value> inputs;
    for (const auto& input : node->inputs) {
      const bool summed =
          is_split(*input.node()) && !is_split(*node) && input.kind() == ValueKind::partial;
      inputs.push_back(summed ? sums_.at({input, round_[node.get()] - 1}) : whole(input));
    }
    const auto outputs = make(node->op, std::move(inputs), *node, round_[node.get()], 0);
    for (size_t i = 0; i < outputs.size(); ++i)
      whole_[Value(node, static_cast<int>(i))] = outputs[i];
  }

  void emit(const NodePtr& node, int round, size_t pass) {
    std::vector<Value> inputs;
    for (const auto& input : node->inputs) inputs.push_back(of_pass(input, round, pass));
    const auto outputs = make(node->op, std::move(inputs), *node, round, pass + 1);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Value value(node, static_cast<int>(i));
      split_[{round, pass}][value] = outputs[i];
      if (summed_.contains(node.get()) && value.kind() == ValueKind::partial)
        add_roots(value, outputs[i], round, pass);
    }
  }

  // What a pass sees of a value: its own part, its rows of a step's input, or what all see.
  Value of_pass(const Value& value, int round, size_t pass) {
    auto& made = split_[{round, pass}];
    if (const auto found = made.find(value); found != made.end()) return found->second;
    const Value all = whole(value);
    if (all.kind() != ValueKind::row) return all;
    return made[value] =
               make(std::make_shared<PassRowsOp>(), {all}, *value.node(), round, pass + 1)[0];
  }

  void add_roots(const Value& value, const Value& part, int round, size_t pass) {
    Value& sum = sums_[{value, round}];
    if (passes_.size() == 1) {
      sum = part;
      return;
    }
    const Range shards = passes_[pass].owned_shards();
    const Range before{layout_.owned_shards().begin, shards.begin};
    std::vector<Value> inputs;
    if (sum.defined()) inputs.push_back(sum);
    inputs.push_back(part);
    sum = make(std::make_shared<AddRootsOp>(before, shards, layout_.shards), std::move(inputs),
               *value.node(), round, pass + 1)[0];
  }

  static std::vector<Value> make(std::shared_ptr<const Op> op, std::vector<Value> inputs,
                                 const Node& like, int round, size_t pass) {
    auto outputs = make_node_outputs(std::move(op), std::move(inputs));
    Node& node = *outputs[0].node();
    node.scope = like.scope;
    node.round = round;
    node.pass = static_cast<int>(pass);
    return outputs;
  }

  struct OfRound {
    Value value;
    int round;
    bool operator<(const OfRound& other) const {
      return std::tuple(value.node().get(), value.output(), round) <
             std::tuple(other.value.node().get(), other.value.output(), other.round);
    }
  };

  const Graph& graph_;
  std::vector<NodePtr> order_;
  ShardLayout layout_;
  std::vector<ShardLayout> passes_;
  std::unordered_map<const Node*, std::vector<const Node*>> before_;
  std::unordered_map<const Node*, int> round_;
  std::unordered_map<const Node*, std::set<int>> needs_;
  std::set<const Node*> summed_;  // over the passes: by the ranks' meetings
  ValueMap whole_;
  std::map<std::pair<int, size_t>, ValueMap> split_;  // by round and pass
  std::map<OfRound, Value> sums_;
};

}  // namespace

Graph split_shards(const Graph& graph, const ShardLayout& layout, int passes) {
  if (passes == 1) return graph;
  return ShardSplitter(graph, layout, passes).run();
}

}  // namespace tutti
