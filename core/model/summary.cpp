#include "core/model/summary.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>
#include <typeinfo>

#include "core/base/error.h"
#include "core/base/terminal.h"
#include "core/model/layer_graph.h"
#include "core/model/sequential.h"
#include "core/model/text_table.h"

namespace tutti {
namespace {

std::string class_name(const Layer& layer) {
  return typeid(layer) == typeid(Model) ? "Functional" : layer.class_name();
}

std::string with_commas(int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string size_text(int64_t bytes) {
  auto size = static_cast<double>(bytes);
  for (const char* unit : {"B", "KB", "MB", "GB", "TB"}) {
    if (size < 1024) return fmt::format("{:.2f} {}", size, unit);
    size /= 1024;
  }
  return fmt::format("{:.2f} PB", size);
}

struct Count {
  int64_t elements = 0, bytes = 0;
  void add(int64_t more, size_t each) {
    elements += more;
    bytes += more * static_cast<int64_t>(each);
  }
};

void write_count(std::ostream& out, const char* what, const Count& count) {
  out << fmt::format(" {} params: {} ({})\n", what, with_commas(count.elements),
                     size_text(count.bytes));
}

// What the optimizer keeps on all ranks together.
Count count_optimizer(const Optimizer& optimizer) {
  Count count;
  for (const Optimizer* part : optimizer.parts()) {
    for (const auto& variable : part->variables()) {
      if (variable->kind() == ValueKind::share)
        count.add(part->group()->elements(), size_of(variable->dtype()));
      else
        count.add(variable->shape().elements(),
                  sizeof(float));  // Keras's counter and rate have 32 bits
    }
  }
  return count;
}

class Summary {
 public:
  Summary(const Model& model, const LayerGraph& graph) : model_(model) {
    for (const auto& node : graph.calls()) nodes_.push_back(node);
    std::stable_sort(nodes_.begin(), nodes_.end(),
                     [](const auto& a, const auto& b) { return a.call->number < b.call->number; });
    const bool functional = model.functional();
    chain_ = !functional || is_chain();
    for (const auto& layer : model.layers()) {
      std::vector<std::string> row{fmt::format("{} ({})", layer->name(), class_name(*layer)),
                                   output_shape(*layer), parameters(*layer)};
      if (!chain_) row.push_back(connections(*layer));
      rows_.push_back(std::move(row));
    }
  }

  void write(std::ostream& out, int columns) const {
    out << "Model: \"" << model_.name() << "\"\n";
    std::vector<TextColumn> table{{"Layer (type)"}, {"Output Shape"}, {"Param #", true}};
    if (!chain_) table.push_back({"Connected to"});
    const std::vector<double> ends =
        chain_ ? std::vector{0.45, 0.80, 1.0} : std::vector{0.3, 0.56, 0.74, 1.0};
    const int width = std::min(chain_ ? 88 : 108, columns - 4);
    int end = 0;
    for (size_t i = 0; i < table.size(); ++i) {
      table[i].width = static_cast<int>(ends[i] * width) - end;
      end += table[i].width;
      if (table[i].width < 4)
        fail("summary", "{} columns leave no room for a table; use a wider terminal", columns);
    }
    write_table(out, table, rows_, width);
    Count trained, untrained;
    for (const auto& variable : model_.weights())
      (variable->trainable() ? trained : untrained)
          .add(variable->shape().elements(), size_of(variable->dtype()));
    const Count kept = has_optimizer() ? count_optimizer(model_.optimizer()) : Count{};
    write_count(out, "Total",
                {trained.elements + untrained.elements + kept.elements,
                 trained.bytes + untrained.bytes + kept.bytes});
    write_count(out, "Trainable", trained);
    write_count(out, "Non-trainable", untrained);
    if (has_optimizer()) write_count(out, "Optimizer", kept);
  }

 private:
  bool has_optimizer() const { return model_.compiled() && model_.optimizer().built(); }

  // One call after the other, each of another layer.
  bool is_chain() const {
    std::set<int> depths;
    std::set<const Layer*> layers;
    for (const auto& node : nodes_)
      if (!depths.insert(node.depth).second || node.feeders.size() > 1 ||
          !layers.insert(node.call->layer.get()).second)
        return false;
    return true;
  }

  // Of the last call.
  std::string output_shape(const Layer& layer) const {
    const LayerCall* last = nullptr;
    for (const auto& node : nodes_)
      if (node.call->layer.get() == &layer) last = node.call;
    if (!last) return "?";
    std::string text;
    for (const auto& shape : last->outputs) text += (text.empty() ? "" : ", ") + to_string(shape);
    return last->outputs.size() == 1 ? text : "[" + text + "]";
  }

  std::string parameters(const Layer& layer) const {
    return layer.built() ? with_commas(layer.count_params()) : "0 (unbuilt)";
  }

  std::string connections(const Layer& layer) const {
    std::string text;
    for (const auto& node : nodes_)
      if (node.call->layer.get() == &layer)
        for (const auto& feeder : node.feeders)
          text += fmt::format("{}{}[{}][{}]", text.empty() ? "" : ", ", feeder.call->layer->name(),
                              feeder.call->number, feeder.output);
    return text.empty() ? "-" : text;
  }

  const Model& model_;
  std::vector<LayerGraph::Node> nodes_;  // a layer's calls in their order
  bool chain_ = true;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace

void write_summary(std::ostream& out, const Model& model, int columns) {
  const bool built = model.built_graph();
  const LayerGraph graph(built ? model.inputs() : std::vector<Value>{},
                         built ? model.outputs() : std::vector<Value>{});
  Summary(model, graph).write(out, columns);
}

void Model::summary(std::ostream& out) const { write_summary(out, *this, 80); }

void Model::summary() const {
  if (current_world().rank() == 0) write_summary(std::cout, *this, terminal_columns());
}

}  // namespace tutti
