// Functional models as configs.
#include <algorithm>
#include <unordered_map>

#include "core/base/error.h"
#include "core/layers/layer_output.h"
#include "core/model/functional_config.h"
#include "core/model/layer_graph.h"
#include "core/model/model.h"

namespace tutti {
namespace {

class FunctionalWriter {
 public:
  FunctionalWriter(const std::string& model, const LayerGraph& graph) : model_(model) {
    for (const auto& node : graph.calls()) calls_[node.call->layer.get()].push_back(node.call);
    for (auto& [layer, calls] : calls_)
      std::ranges::sort(calls, {}, [](const LayerCall* call) { return call->number; });
  }

  Config layer(const std::shared_ptr<Layer>& layer) const {
    const Config made = layer_config(*layer);
    const KindCall call = parse_kind(Layer::category, made);
    Config::List calls;
    for (const LayerCall* each : calls_.at(layer.get()))
      if (!each->inputs.empty())
        calls.push_back(write_layer_call(*each, [&](const Value& value) { return tensor(value); }));
    return Config(Config::Map{{"class_name", call.name},
                              {"config", call.arguments},
                              {"name", layer->name()},
                              {"inbound_nodes", Config(std::move(calls))}})
        .names(Layer::category)
        .set_beside(made.beside());
  }

  // Where a model ends, the calls of a functional one are counted from 1.
  Config end(const Value& value) const {
    auto place = place_of(value);
    if (place.layer->class_name() == "Functional") ++place.call;
    return history(place);
  }

 private:
  struct Place {
    const Layer* layer;
    int64_t call, output;
  };

  Place place_of(const Value& value) const {
    const auto call = layer_call_of(value);
    const auto known = call ? calls_.find(call->layer.get()) : calls_.end();
    const auto at = known == calls_.end() ? std::vector<const LayerCall*>::const_iterator{}
                                          : std::ranges::find(known->second, call.get());
    if (known == calls_.end() || at == known->second.end())
      fail(ExitCode::missing, model_,
           "has the op '{}' between its layers, which a config cannot hold; use layers alone, as "
           "Add for +, or save weights only",
           value.node()->op->name());
    const auto& mark = dynamic_cast<const LayerOutputOp&>(*value.node()->op);
    return {call->layer.get(), at - known->second.begin(), static_cast<int64_t>(mark.output())};
  }

  static Config history(const Place& place) {
    return Config::List{place.layer->name(), place.call, place.output};
  }

  Config tensor(const Value& value) const {
    return Config::Map{{"class_name", "__keras_tensor__"},
                       {"config", Config::Map{{"shape", write_config(value.shape())},
                                              {"dtype", std::string(name_of(value.dtype()))},
                                              {"keras_history", history(place_of(value))}}}};
  }

  const std::string& model_;
  std::unordered_map<const Layer*, std::vector<const LayerCall*>> calls_;
};

}  // namespace

Model::Options Model::options() const {
  const LayerGraph graph(inputs(), outputs());
  const FunctionalWriter writer(name(), graph);
  const auto ends = [&](const std::vector<Value>& values) {
    Config::List list;
    for (const auto& value : values) list.push_back(writer.end(value));
    return list.size() == 1 ? list[0] : Config(std::move(list));
  };
  Config::List layers;
  for (const auto& layer : graph.layers()) layers.push_back(writer.layer(layer));
  return {Config(std::move(layers)), ends(inputs()), ends(outputs())};
}

}  // namespace tutti
