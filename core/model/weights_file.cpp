#include "core/model/weights_file.h"

#include <map>

#include "core/base/error.h"
#include "core/model/model.h"

namespace tutti {
namespace {

std::map<std::string, WeightsFormat>& weights_formats() {
  static std::map<std::string, WeightsFormat> formats;
  return formats;
}

// Of the longest ending that fits: ".weights.h5" is more than ".h5".
const WeightsFormat& weights_format(const std::string& path) {
  const WeightsFormat* best = nullptr;
  size_t longest = 0;
  std::string known;
  for (const auto& [ending, format] : weights_formats()) {
    if (path.ends_with(ending) && ending.size() > longest) longest = ending.size(), best = &format;
    known += (known.empty() ? "" : ", ") + ending;
  }
  if (!best)
    fail(ExitCode::missing, path, "no format writes weights under this ending; use one of {}",
         known);
  return *best;
}

}  // namespace

bool register_weights_format(const std::string& ending, WeightsFormat format) {
  return weights_formats().emplace(ending, std::move(format)).second;
}

std::vector<NamedTensor> named_weights(const Model& model) {
  std::vector<NamedTensor> weights;
  for (const auto& variable : model.weights())
    weights.push_back({variable->name(), variable->value()});
  return weights;
}

void save_weights_file(const Model& model, const std::string& path) {
  weights_format(path).save(model, path);
}

void load_weights_file(Model& model, const std::string& path) {
  weights_format(path).load(model, path);
}

void assign_named_weights(Model& model, const std::vector<NamedTensor>& weights,
                          const std::string& path) {
  std::map<std::string, Tensor> found;
  for (const auto& [name, tensor] : weights) found[name] = tensor;
  for (const auto& variable : model.weights()) {
    const auto at = found.find(variable->name());
    if (at == found.end())
      fail(ExitCode::data, path, "has no weight '{}', which the model needs", variable->name());
    if (at->second.shape() != variable->shape())
      fail(ExitCode::data, path, "weight '{}' has shape {}, the model's has {}", variable->name(),
           to_string(at->second.shape()), to_string(variable->shape()));
  }
  for (const auto& variable : model.weights()) {
    variable->set_value(found.at(variable->name()).to(variable->dtype()));
    found.erase(variable->name());
  }
  if (!found.empty())
    fail(ExitCode::data, path, "weight '{}' belongs to no layer of the model",
         found.begin()->first);
}

}  // namespace tutti
