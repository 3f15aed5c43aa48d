#include "io/torch/state_dict.h"

#include <map>
#include <set>

#include "core/base/error.h"
#include "core/model/world.h"
#include "io/formats/safetensors.h"
#include "io/torch/entries.h"

namespace tutti {
namespace {

// Of all layers, in order, their names behind those of the models that they are in.
void add_entries(const Model& model, const std::string& prefix, std::vector<torch::Entry>& found) {
  for (const auto& layer : model.layers()) {
    const std::string& name = layer->name();
    if (layer->weights().empty()) continue;
    if (name.find('.') != std::string::npos)
      fail(ExitCode::missing, name,
           "has a '.' in its name, which stands between modules in PyTorch; "
           "rename the layer");
    if (const auto* inner = dynamic_cast<const Model*>(layer.get())) {
      add_entries(*inner, prefix + name + ".", found);
      continue;
    }
    std::set<const Variable*> covered;
    for (auto& entry : torch::entries_of(*layer)) {
      for (auto& each : entry.names) each = prefix + name + "." + each;
      for (const auto& weight : entry.weights) covered.insert(weight.get());
      found.push_back(std::move(entry));
    }
    for (const auto& weight : layer->weights())
      if (!covered.contains(weight.get()))
        torch::refuse(*layer,
                      fmt::format("has the weight '{}', which no layer of PyTorch has beside "
                                  "the others; make it a layer of its own",
                                  weight->name()));
  }
}

std::vector<torch::Entry> entries_of(const Model& model) {
  std::vector<torch::Entry> entries;
  add_entries(model, "", entries);
  if (entries.empty())
    fail(ExitCode::missing, model.name(), "has no weights to write; build the model first");
  return entries;
}

std::vector<Tensor> written(const torch::Entry& entry) {
  std::vector<Tensor> weights;
  for (const auto& weight : entry.weights) weights.push_back(weight->value().to_host());
  return entry.write(weights);
}

}  // namespace

void save_state_dict(const Model& model, const std::string& path) {
  Safetensors file;
  file.metadata = {{"format", "pt"}};
  for (const auto& entry : entries_of(model)) {
    const auto tensors = written(entry);
    for (size_t i = 0; i < tensors.size(); ++i)
      file.tensors.emplace_back(entry.names[i], tensors[i]);
  }
  if (current_world().rank() == 0) write_safetensors(path, file);
}

void load_state_dict(Model& model, const std::string& path) {
  std::map<std::string, Tensor> found;
  for (auto& [name, tensor] : read_safetensors(path).tensors) found[name] = std::move(tensor);
  std::vector<std::pair<VariablePtr, Tensor>> changes;
  for (const auto& entry : entries_of(model)) {
    const auto expected = written(entry);
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < expected.size(); ++i) {
      const auto at = found.find(entry.names[i]);
      if (at == found.end())
        fail(ExitCode::data, path, "has no '{}', which the model needs", entry.names[i]);
      if (at->second.shape() != expected[i].shape())
        fail(ExitCode::data, path, "'{}' has shape {}, the model's has {}", entry.names[i],
             to_string(at->second.shape()), to_string(expected[i].shape()));
      tensors.push_back(at->second.to(expected[i].dtype()));
      found.erase(at);
    }
    const auto weights = entry.read(tensors);
    for (size_t i = 0; i < weights.size(); ++i) changes.emplace_back(entry.weights[i], weights[i]);
  }
  if (!found.empty())
    fail(ExitCode::data, path, "'{}' belongs to no layer of the model", found.begin()->first);
  for (const auto& [weight, value] : changes) weight->set_value(value);
}

}  // namespace tutti
