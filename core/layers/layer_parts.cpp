// Layers inside layers, and where Keras's files have their weights.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "core/layers/layer.h"

namespace tutti {

std::vector<LayerPart> listed_parts(const std::string& attribute,
                                    const std::vector<std::shared_ptr<Layer>>& layers) {
  std::map<std::string, int> used;
  std::vector<LayerPart> parts;
  for (const auto& layer : layers) {
    const std::string kind = layer->plain_name();
    const int number = used[kind]++;
    parts.push_back({attribute + "/" + kind + (number ? "_" + std::to_string(number) : ""), layer});
  }
  return parts;
}

std::vector<std::shared_ptr<Layer>> Layer::sublayers() const {
  std::vector<std::shared_ptr<Layer>> layers;
  for (auto& part : parts()) layers.push_back(std::move(part.layer));
  return layers;
}

namespace {

void add_saved_layers(const Layer& layer, const std::string& folder,
                      std::unordered_set<const Layer*>& seen, std::vector<SavedLayer>& found) {
  for (const auto& part : layer.parts()) {
    if (!seen.insert(part.layer.get()).second) continue;
    const std::string inside = folder + part.attribute + "/";
    found.push_back({inside, part.layer});
    add_saved_layers(*part.layer, inside, seen, found);
  }
}

}  // namespace

std::vector<SavedLayer> Layer::saved_layers() const {
  std::vector<SavedLayer> found;
  std::unordered_set<const Layer*> seen{this};
  add_saved_layers(*this, "", seen, found);
  return found;
}

void Layer::add_saved_weights(const std::string& folder, std::vector<SavedWeight>& found) const {
  std::map<std::string, int> count;  // of each group's weights
  const auto tracked = tracked_weights();
  for (const bool trainable : {true, false})
    for (const auto& weight : tracked) {
      // A quantized layer names its weights one by one in Keras, in the order that they are added.
      if ((quantization() || weight.trainable) != trainable) continue;
      const size_t end = weight.name.rfind('/');
      const std::string group =
          end == std::string::npos ? "" : saved_group(weight.name.substr(0, end)) + "/";
      found.push_back({folder + group + "vars/" + std::to_string(count[group]++), weight.variable});
    }
}

std::vector<SavedWeight> Layer::saved_weights() const {
  std::vector<SavedWeight> found;
  add_saved_weights("", found);
  for (const auto& [folder, layer] : saved_layers()) layer->add_saved_weights(folder, found);
  return found;
}

}  // namespace tutti
