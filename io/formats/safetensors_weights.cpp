// Weights files that end in ".safetensors".
#include "core/model/weights_file.h"
#include "io/formats/safetensors.h"

namespace tutti {
namespace {

void save_safetensors_weights(const std::string& path, const std::vector<NamedTensor>& weights) {
  Safetensors file;
  for (const auto& [name, tensor] : weights) file.tensors.emplace_back(name, tensor);
  write_safetensors(path, file);
}

std::vector<NamedTensor> load_safetensors_weights(const std::string& path) {
  std::vector<NamedTensor> weights;
  for (auto& [name, tensor] : read_safetensors(path).tensors)
    weights.push_back({name, std::move(tensor)});
  return weights;
}

[[maybe_unused]] const bool safetensors_weights_registered =
    register_weights_format(".safetensors", {save_safetensors_weights, load_safetensors_weights});

}  // namespace
}  // namespace tutti
