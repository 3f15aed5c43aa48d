// Weights files that end in ".safetensors".
#include "core/model/weights_file.h"
#include "io/formats/safetensors.h"

namespace tutti {
namespace {

void save_safetensors_weights(const Model& model, const std::string& path) {
  Safetensors file;
  for (const auto& [name, tensor] : named_weights(model))
    file.tensors.emplace_back(name, tensor.to_host());
  write_safetensors(path, file);
}

void load_safetensors_weights(Model& model, const std::string& path) {
  std::vector<NamedTensor> weights;
  for (auto& [name, tensor] : read_safetensors(path).tensors)
    weights.push_back({name, std::move(tensor)});
  assign_named_weights(model, weights, path);
}

[[maybe_unused]] const bool safetensors_weights_registered =
    register_weights_format(".safetensors", {save_safetensors_weights, load_safetensors_weights});

}  // namespace
}  // namespace tutti
