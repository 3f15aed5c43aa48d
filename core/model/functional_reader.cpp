// Functional models from their configs: functional_config.h says what they look like.
#include <deque>
#include <map>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/model/functional_config.h"
#include "core/model/functional_ops.h"
#include "core/model/model.h"
#include "core/model/trainer.h"

namespace tutti {
namespace {

constexpr size_t kMostLayers = 20000;

const Config& entry(const Config& map, const char* key) {
  const Config* found = map.find(key);
  if (!found) fail(map.where_or("functional"), "lacks '{}'; write the model again", key);
  return *found;
}

class FunctionalReader {
 public:
  // The layers and their calls.
  explicit FunctionalReader(const Config& layers) {
    if (layers.as_list().size() > kMostLayers)
      fail(layers.where_or("functional"), "has {} layers; the limit is {}", layers.as_list().size(),
           kMostLayers);
    for (const auto& item : layers.as_list()) add(item);
    while (call_what_is_ready()) continue;
    for (const auto& node : nodes_)
      if (!node.waiting.empty())
        fail(node.waiting.front()->where_or(node.name),
             "layer '{}' takes what no call gives: its calls form a ring, or one is missing",
             node.name);
  }

  // Values in the order of a list, or of a map's sorted names, as Keras flattens them.
  std::vector<Value> ends(const Config& config) const {
    if (config.is_map()) {
      std::map<std::string, const Config*> sorted;
      for (const auto& [name, item] : config.as_map()) sorted[name] = &item;
      std::vector<Value> values;
      for (const auto& [name, item] : sorted) append(values, ends(*item));
      return values;
    }
    const auto& list = config.as_list();
    if (list.size() == 3 && list[0].is_string()) return {end(config)};
    std::vector<Value> values;
    for (const auto& item : list) append(values, ends(item));
    return values;
  }

 private:
  struct Node {
    std::string name;
    std::shared_ptr<Layer> layer;            // null for an op between layers
    Config op;                               // then its class_name and config
    std::deque<const Config*> waiting;       // calls
    std::vector<std::vector<Value>> called;  // what they returned
  };

  static void append(std::vector<Value>& values, const std::vector<Value>& more) {
    values.insert(values.end(), more.begin(), more.end());
  }

  void add(const Config& item) {
    const std::string& name = entry(item, "name").as_string();
    const Config& calls = entry(item, "inbound_nodes");
    Node node{name, nullptr, {}, {}, {}};
    if (is_keras_op(item)) {
      if (const auto layer = layer_of_keras_op(item, calls))
        node.layer = make_layer(*layer);
      else
        node.op = item;
    } else {
      node.layer = make_layer(with_call_arguments(item, calls));
    }
    for (const auto& call : calls.as_list()) node.waiting.push_back(&call);
    // An InputLayer is never called.
    if (node.layer && node.layer->class_name() == "InputLayer") {
      node.waiting.clear();
      node.called.push_back(node.layer->apply({}));
    }
    if (!places_.emplace(name, nodes_.size()).second)
      fail(item.where_or("functional"), "a second layer is called '{}'; give it another name",
           name);
    nodes_.push_back(std::move(node));
  }

  bool call_what_is_ready() {
    bool called = false;
    for (auto& node : nodes_)
      while (!node.waiting.empty() && call(node, *node.waiting.front())) {
        node.waiting.pop_front();
        called = true;
      }
    return called;
  }

  // False if it takes what is not there yet.
  bool call(Node& node, const Config& config) {
    const auto find = [&](const Config& tensor) { return find_tensor(tensor); };
    if (!node.layer) {
      const auto value = call_keras_op(node.op, config, find);
      if (value) node.called.push_back({*value});
      return value.has_value();
    }
    const auto call = read_layer_call(config, *node.layer, find);
    if (!call) return false;
    try {
      node.called.push_back(node.layer->apply(call->inputs, call->training));
    } catch (Error& error) {
      const std::string_view message = error.what();
      if (config.where().empty() || message.starts_with("[" + config.where())) throw;
      error.reword(fmt::format("[{}] {}", config.where(), error.what()));
      throw;
    }
    return true;
  }

  const Node& node_of(const Config& name) const {
    const auto found = places_.find(name.as_string());
    if (found == places_.end())
      fail(name.where_or("functional"), "no layer is called '{}'; write the model again",
           name.as_string());
    return nodes_[found->second];
  }

  std::optional<Value> value_at(const Config& history, int64_t first_call) const {
    const auto& list = history.as_list();
    if (list.size() < 3)
      fail(history.where_or("functional"), "expected [layer, call, output], got {}",
           to_string(history));
    const Node& node = node_of(list[0]);
    const int64_t number = list[1].as_int() - first_call, output = list[2].as_int();
    const auto calls = static_cast<int64_t>(node.called.size() + node.waiting.size());
    if (number < 0 || number >= calls)
      fail(list[1].where_or("functional"), "layer '{}' has {} calls, not one of number {}",
           node.name, calls, number);
    if (number >= static_cast<int64_t>(node.called.size())) return std::nullopt;
    const auto& outputs = node.called[static_cast<size_t>(number)];
    if (output < 0 || output >= static_cast<int64_t>(outputs.size()))
      fail(list[2].where_or("functional"), "layer '{}' returns {} values, not one of number {}",
           node.name, outputs.size(), output);
    return outputs[static_cast<size_t>(output)];
  }

  std::optional<Value> find_tensor(const Config& tensor) const {
    if (!is_keras_tensor(tensor)) return value_at(tensor, 0);  // Keras 2's list
    return value_at(entry(entry(tensor, "config"), "keras_history"), 0);
  }

  // Where a model ends, the calls of a functional one are counted from 1: it has one of its own.
  Value end(const Config& history) const {
    const auto& layer = node_of(history.as_list()[0]).layer;
    const auto value = value_at(history, layer && layer->class_name() == "Functional" ? 1 : 0);
    if (!value) fail(history.where_or("functional"), "{} is never computed", to_string(history));
    return *value;
  }

  std::vector<Node> nodes_;
  std::map<std::string, size_t> places_;
};

}  // namespace

Model::Model(Options options) {
  set_name(unique_name("functional"));
  functional_ = true;
  const FunctionalReader reader(options.layers);
  set_graph(reader.ends(options.input_layers), reader.ends(options.output_layers));
}

TUTTI_REGISTER(Layer, Model, "Functional", "layers and their calls, from inputs to outputs")
    .argument("layers", &FunctionalOptions::layers, "with names and calls, as Keras writes them")
    .argument("input_layers", &FunctionalOptions::input_layers, "as [layer, call, output]")
    .argument("output_layers", &FunctionalOptions::output_layers, "as [layer, call, output]")
    .alias("Model")
    .keras_module("keras.src.models.functional");

}  // namespace tutti
