// `.h5`: Keras's older file of a whole model, in attributes and lists of names; weights alone too.
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/layers/deferred_weights.h"
#include "core/model/compile_config.h"
#include "core/model/model_file.h"
#include "core/model/weights_file.h"
#include "core/model/world.h"
#include "io/config_json.h"
#include "io/keras/keras2.h"
#include "io/keras/keras_config.h"
#include "io/keras/legacy_weights.h"
#include "io/keras/saved_model.h"
#include "io/keras/weights.h"

namespace tutti {
namespace {

using nlohmann::ordered_json;

constexpr const char* kWeights = "model_weights";
constexpr const char* kLegacyOptimizer = "optimizer_weights";

void set_text(Hdf5Object& object, const char* name, const std::string& text) {
  object.attributes[name] = {{text}, true};
}

void sign_h5(Hdf5Object& object) {
  set_text(object, "backend", "tutti");
  set_text(object, "keras_version", "3.15.1");
}

std::string training_json(const Model& model) {
  ordered_json json = to_keras_json(compile_config(model.compile_options()));
  json["optimizer_config"] = std::move(json["optimizer"]);
  json.erase("optimizer");
  return json.dump();
}

void write_legacy_optimizer(const Model& model, Hdf5Object& root) {
  if (!saves_optimizer(model)) return;
  const auto state = model.optimizer().saved_state(*current_world().reducer);
  std::vector<std::string> names;
  Hdf5Object& group = root.make(kLegacyOptimizer);
  for (size_t i = 0; i < state.size(); ++i) {
    names.push_back("optimizer/variable_" + std::to_string(i));
    group.make(names.back()).data = state[i];
  }
  list_names(group, "weight_names", names);
}

void write_h5(const Hdf5Object& root, const std::string& path) {
  const std::string bytes = write_hdf5(root);
  if (current_world().rank() == 0) FileSystem::current().write_atomically(path, bytes);
}

void save_h5(const Model& model, const std::string& path) {
  refuse_subclass(model, path);
  Hdf5Object root;
  root.children[kWeights] = write_legacy_weights(model);
  sign_h5(root);
  sign_h5(root.children[kWeights]);
  const ordered_json json = to_keras_json(layer_config(model));
  const ordered_json config = {{"class_name", json["class_name"]}, {"config", json["config"]}};
  set_text(root, "model_config", config.dump());
  if (model.compiled()) {
    set_text(root, "training_config", training_json(model));
    write_legacy_optimizer(model, root);
  }
  write_h5(root, path);
}

Hdf5Object read_h5(const std::string& path) {
  const std::string bytes = FileSystem::current().read(path);
  return parse_hdf5(bytes, path);
}

void read_legacy_optimizer(const Hdf5Object& root, const Model& model, const std::string& path) {
  const Hdf5Object* group = root.find(kLegacyOptimizer);
  Optimizer& optimizer = model.optimizer();
  if (!group || !optimizer.has_saved_state() || model.trainable_weights().empty() ||
      model.quantized())
    return;
  std::vector<Tensor> state;
  for (const auto& name : listed_names(*group, "weight_names")) {
    const Hdf5Object* variable = group->find(name);
    if (!variable || variable->is_group())
      fail(ExitCode::data, path, "lists the optimizer's variable '{}', which it does not have",
           name);
    state.push_back(variable->data);
  }
  if (state.empty()) return;
  optimizer.build(model.trainable_weights(), *current_world().reducer);
  optimizer.load_state(state);
}

// {loss, metrics, optimizer_config} as compile() takes it.
Config compiled_config(const std::string& text, const std::string& where) {
  Config config = from_keras2(from_keras(parse_json(text, where)));
  if (const Config* optimizer = config.find("optimizer_config"))
    config.set("optimizer", Config(*optimizer));
  return config;
}

std::shared_ptr<Model> load_h5(const std::string& path) {
  const Hdf5Object root = read_h5(path);
  const std::string* text = root.text("model_config");
  const Hdf5Object* weights = root.find(kWeights);
  if (!text || !weights)
    fail(ExitCode::data, path,
         "holds weights alone: it has no model_config; make the model and load_weights()");
  const DeferredWeights read_below;
  const Config config = from_keras2(from_keras(parse_json(*text, path + " model_config")));
  auto model = saved_model(config, path);
  read_legacy_weights(*weights, *model, path);
  if (const std::string* training = root.text("training_config")) {
    const Config compiled = compiled_config(*training, path + " training_config");
    if (compile_as_saved(*model, &compiled)) read_legacy_optimizer(root, *model, path);
  }
  return model;
}

void save_h5_weights(const Model& model, const std::string& path) {
  Hdf5Object root = write_legacy_weights(model);
  sign_h5(root);
  write_h5(root, path);
}

void load_h5_weights(Model& model, const std::string& path) {
  const Hdf5Object root = read_h5(path);
  const Hdf5Object* weights = root.find(kWeights);
  read_legacy_weights(weights ? *weights : root, model, path);
}

[[maybe_unused]] const bool h5_registered =
    register_model_format(".h5", {save_h5, load_h5}) &&
    register_weights_format(".h5", {save_h5_weights, load_h5_weights});

}  // namespace
}  // namespace tutti
