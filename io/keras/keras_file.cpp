// `.keras`: a zip archive of metadata.json, config.json and model.weights.h5.
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/layers/deferred_weights.h"
#include "core/model/compile_config.h"
#include "core/model/model_file.h"
#include "core/model/world.h"
#include "io/config_json.h"
#include "io/formats/zip_archive.h"
#include "io/keras/keras_config.h"
#include "io/keras/saved_model.h"
#include "io/keras/weights.h"

namespace tutti {
namespace {

constexpr const char* kKerasVersion = "3.15.1";  // whose form this is

std::string model_json(const Model& model) {
  auto json = to_keras_json(layer_config(model));
  json["build_config"] = {{"input_shape", nullptr}};
  if (model.built_graph() && model.inputs().size() == 1)
    json["build_config"]["input_shape"] = to_json(write_config(model.inputs()[0].shape()));
  json["compile_config"] = nlohmann::ordered_json::object();
  if (model.compiled()) {
    auto compiled = to_keras_json(compile_config(model.compile_options()));
    compiled["run_eagerly"] = false;
    compiled["steps_per_execution"] = 1;
    compiled["jit_compile"] = "auto";
    json["compile_config"] = std::move(compiled);
  }
  return json.dump();
}

constexpr const char* kAssets = "assets/";

// What layers know besides weights: texts below assets/, arrays among the weights.
void read_assets(const ZipEntries& entries, const Hdf5Object& weights, const Model& model) {
  for (const auto& [folder, layer] : model.saved_layers()) {
    LayerAssets assets;
    const std::string inside = kAssets + folder;
    for (const auto& [name, text] : entries)
      if (name.starts_with(inside)) assets.texts[name.substr(inside.size())] = text;
    assets.arrays = read_keras_arrays(weights, folder);
    if (!assets.texts.empty()) layer->load_assets(assets);
  }
}

void save_keras(const Model& model, const std::string& path) {
  refuse_subclass(model, path);
  const nlohmann::ordered_json metadata = {{"keras_version", kKerasVersion},
                                           {"tutti_version", TUTTI_VERSION}};
  std::vector<std::pair<std::string, std::string>> entries = {
      {"metadata.json", metadata.dump()},
      {"config.json", model_json(model)},
      {"model.weights.h5", write_hdf5(write_keras_weights(model))}};
  for (const auto& [folder, layer] : model.saved_layers())
    for (const auto& [name, text] : layer->save_assets().texts)
      entries.emplace_back(kAssets + folder + name, text);
  const std::string bytes = write_zip(entries);
  if (current_world().rank() == 0) FileSystem::current().write_atomically(path, bytes);
}

const std::string& entry(const ZipEntries& entries, const char* name, const std::string& path) {
  const auto found = entries.find(name);
  if (found == entries.end())
    fail(ExitCode::data, path, "has no {}; it is no .keras file of Keras 3", name);
  return found->second;
}

std::shared_ptr<Model> load_keras(const std::string& path) {
  const std::string bytes = FileSystem::current().read(path);
  const ZipEntries entries = parse_zip(bytes, path);
  const DeferredWeights read_below;
  const Config config = from_keras(parse_json(entry(entries, "config.json", path), path));
  auto model = saved_model(config, path);
  const std::string weights = path + " model.weights.h5";
  const Hdf5Object root = parse_hdf5(entry(entries, "model.weights.h5", path), weights);
  read_assets(entries, root, *model);
  read_keras_weights(root, *model, weights);
  if (const Config* compiled = config.find("compile_config"); compile_as_saved(*model, compiled))
    read_keras_optimizer(root, *model, weights);
  return model;
}

[[maybe_unused]] const bool keras_registered =
    register_model_format(".keras", {save_keras, load_keras});

}  // namespace
}  // namespace tutti
