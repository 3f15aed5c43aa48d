#include "io/keras/legacy_weights.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr size_t kNamesOfPart = 2000;

// Each once, trainable ones first, in their present state, as Keras orders them.
std::vector<VariablePtr> legacy_order(const Layer& layer) {
  std::vector<VariablePtr> all;
  for (const auto& [path, variable] : layer.saved_weights())
    if (std::find(all.begin(), all.end(), variable) == all.end()) all.push_back(variable);
  std::stable_partition(all.begin(), all.end(),
                        [](const auto& variable) { return variable->trainable(); });
  return all;
}

struct LayerWeights {
  std::string layer;
  std::vector<const Hdf5Object*> weights;
  std::vector<std::string> names;
};

// The layers of a file that have weights.
std::vector<LayerWeights> listed_layers(const Hdf5Object& group, const std::string& where) {
  std::vector<LayerWeights> layers;
  for (const auto& name : listed_names(group, "layer_names")) {
    const Hdf5Object* layer = group.find(name);
    if (!layer) fail(ExitCode::data, where, "lists layer '{}', which it does not have", name);
    LayerWeights weights{name, {}, listed_names(*layer, "weight_names")};
    for (const auto& weight : weights.names) {
      const Hdf5Object* found = layer->find(weight);
      if (!found || found->is_group())
        fail(ExitCode::data, where, "lists weight '{}' of layer '{}', which it does not have",
             weight, name);
      weights.weights.push_back(found);
    }
    if (!weights.weights.empty()) layers.push_back(std::move(weights));
  }
  return layers;
}

void check_layer(const LayerWeights& file, const std::vector<VariablePtr>& variables,
                 const std::string& layer, const std::string& where) {
  if (file.weights.size() != variables.size())
    fail(ExitCode::data, where, "layer '{}' has {} weights, the model's layer '{}' {}", file.layer,
         file.weights.size(), layer, variables.size());
  for (size_t i = 0; i < variables.size(); ++i)
    if (file.weights[i]->data.shape() != variables[i]->shape())
      fail(ExitCode::data, where, "'{}' has shape {}, the model's weight '{}' has {}",
           file.names[i], to_string(file.weights[i]->data.shape()), variables[i]->name(),
           to_string(variables[i]->shape()));
}

}  // namespace

std::vector<std::string> listed_names(const Hdf5Object& group, const std::string& attribute) {
  if (const auto whole = group.attributes.find(attribute); whole != group.attributes.end())
    return whole->second.texts;
  std::vector<std::string> names;
  for (int part = 0;; ++part) {
    const auto found = group.attributes.find(attribute + std::to_string(part));
    if (found == group.attributes.end()) return names;
    names.insert(names.end(), found->second.texts.begin(), found->second.texts.end());
  }
}

void list_names(Hdf5Object& group, const std::string& attribute,
                const std::vector<std::string>& names) {
  if (names.size() <= kNamesOfPart) {
    group.attributes[attribute] = {names, false};
    return;
  }
  for (size_t begin = 0, part = 0; begin < names.size(); begin += kNamesOfPart, ++part) {
    const size_t end = std::min(begin + kNamesOfPart, names.size());
    group.attributes[attribute + std::to_string(part)] = {
        {names.begin() + static_cast<ptrdiff_t>(begin),
         names.begin() + static_cast<ptrdiff_t>(end)},
        false};
  }
}

Hdf5Object write_legacy_weights(const Model& model) {
  Hdf5Object group;
  std::vector<std::string> layers;
  for (const auto& layer : model.layers()) {
    layers.push_back(layer->name());
    Hdf5Object& own = group.make(layer->name());
    std::vector<std::string> names;
    std::set<std::string> used;  // layers of inner models may be called alike
    for (const auto& variable : legacy_order(*layer)) {
      std::string name = variable->name();
      for (int number = 1; !used.insert(name).second; ++number)
        name = variable->name() + "_" + std::to_string(number);
      own.make(name).data = variable->value().to_host();
      names.push_back(std::move(name));
    }
    list_names(own, "weight_names", names);
  }
  list_names(group, "layer_names", layers);
  list_names(group.make("top_level_model_weights"), "weight_names", {});
  return group;
}

void read_legacy_weights(const Hdf5Object& group, const Model& model, const std::string& where) {
  const auto file = listed_layers(group, where);
  std::vector<std::pair<std::string, std::vector<VariablePtr>>> layers;
  for (const auto& layer : model.layers())
    if (auto variables = legacy_order(*layer); !variables.empty())
      layers.emplace_back(layer->name(), std::move(variables));
  if (file.size() != layers.size())
    fail(ExitCode::data, where, "has weights of {} layers, the model has {} layers with weights",
         file.size(), layers.size());
  for (size_t i = 0; i < layers.size(); ++i)
    check_layer(file[i], layers[i].second, layers[i].first, where);
  for (size_t i = 0; i < layers.size(); ++i)
    for (size_t j = 0; j < layers[i].second.size(); ++j) {
      const auto& variable = layers[i].second[j];
      variable->set_value(file[i].weights[j]->data.to(variable->dtype()));
    }
}

}  // namespace tutti
