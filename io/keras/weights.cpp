#include "io/keras/weights.h"

#include <set>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/log.h"
#include "core/model/weights_file.h"
#include "core/model/world.h"

namespace tutti {
namespace {

// Where an array of a layer's assets lies: "layers/lookup/vars/idf_weights".
std::string array_path(const std::string& folder, const std::string& name) {
  const size_t base = name.rfind('/') + 1;  // 0 where there is none
  return folder + name.substr(0, base) + "vars/" + name.substr(base);
}

// Weights are numbered; what else a file keeps has names: assets, states of random generators.
bool is_weight(const std::string& path) {
  const std::string base = path.substr(path.rfind('/') + 1);
  return base.find_first_not_of("0123456789") == std::string::npos &&
         !path.starts_with("optimizer/") && path.find("generator/") == std::string::npos;
}

void refuse_others(const Hdf5Object& object, const std::string& path,
                   const std::set<std::string>& known, const std::string& where) {
  if (!object.is_group()) {
    if (is_weight(path) && !known.contains(path))
      fail(ExitCode::data, where, "'{}' of shape {} is a weight of no layer of the model", path,
           to_string(object.data.shape()));
    return;
  }
  for (const auto& [name, child] : object.children)
    refuse_others(child, path.empty() ? name : path + "/" + name, known, where);
}

constexpr const char* kOptimizer = "optimizer/vars";

void write_optimizer(const Model& model, Hdf5Object& root) {
  if (!saves_optimizer(model)) return;
  const Optimizer& optimizer = model.optimizer();
  const auto state = optimizer.saved_state(*current_world().reducer);
  Hdf5Object& group = root.make(kOptimizer);
  group.attributes["name"] = {{snake_case(parse_kind("optimizer", kind_config(optimizer)).name)},
                              true};
  for (size_t i = 0; i < state.size(); ++i) group.make(std::to_string(i)).data = state[i];
}

}  // namespace

bool saves_optimizer(const Model& model) {
  if (model.quantized()) return false;  // nothing of it is trained again
  if (model.optimizer().has_saved_state()) return true;
  log_warn(
      "{} keeps its state in another form than Keras: the file has none of it, and "
      "training from it begins with a new one",
      parse_kind("optimizer", kind_config(model.optimizer())).name);
  return false;
}

Hdf5Object write_keras_weights(const Model& model) {
  Hdf5Object root;
  if (model.compiled()) write_optimizer(model, root);
  for (const auto& [path, variable] : model.saved_weights()) {
    Hdf5Object& dataset = root.make(path);
    dataset.data = variable->value().to_host();
    if (variable->dtype() == DType::bf16) dataset.attributes["dtype"] = {{"bfloat16"}, true};
  }
  root.make("vars").attributes["name"] = {{model.name()}, true};
  for (const auto& [folder, layer] : model.saved_layers()) {
    root.make(folder + "vars").attributes["name"] = {{layer->name()}, true};  // for people
    for (const auto& [name, array] : layer->save_assets().arrays)
      root.make(array_path(folder, name)).data = array;
  }
  return root;
}

std::map<std::string, Tensor> read_keras_arrays(const Hdf5Object& root, const std::string& folder) {
  std::map<std::string, Tensor> arrays;
  const auto read = [&](const auto& self, const Hdf5Object& object,
                        const std::string& path) -> void {
    for (const auto& [name, child] : object.children) {
      const std::string inside = name == "vars" ? path : path + name + "/";
      if (child.is_group())
        self(self, child, inside);
      else if (!is_weight(name))
        arrays[path + name] = child.data;
    }
  };
  if (const Hdf5Object* group = root.find(folder.substr(0, folder.size() - 1)))
    read(read, *group, "");
  return arrays;
}

void read_keras_weights(const Hdf5Object& root, const Model& model, const std::string& where) {
  const auto weights = model.saved_weights();
  std::set<std::string> known;
  for (const auto& [path, variable] : weights) {
    const Hdf5Object* found = root.find(path);
    if (!found || found->is_group())
      fail(ExitCode::data, where, "has no '{}', which the model's weight '{}' needs", path,
           variable->name());
    if (found->data.shape() != variable->shape())
      fail(ExitCode::data, where, "'{}' has shape {}, the model's weight '{}' has {}", path,
           to_string(found->data.shape()), variable->name(), to_string(variable->shape()));
    known.insert(path);
  }
  refuse_others(root, "", known, where);
  for (const auto& [path, variable] : weights)
    variable->set_value(root.find(path)->data.to(variable->dtype()));
}

void read_keras_optimizer(const Hdf5Object& root, const Model& model, const std::string& where) {
  const Hdf5Object* group = root.find(kOptimizer);
  Optimizer& optimizer = model.optimizer();
  if (!group || group->children.empty() || !optimizer.has_saved_state() || model.quantized())
    return;
  std::vector<Tensor> state;
  for (size_t i = 0; i < group->children.size(); ++i) {
    const Hdf5Object* variable = group->find(std::to_string(i));
    if (!variable || variable->is_group())
      fail(ExitCode::data, where, "has no '{}/{}'; write the file again", kOptimizer, i);
    state.push_back(variable->data);
  }
  if (model.trainable_weights().empty()) return;
  if (!optimizer.built()) optimizer.build(model.trainable_weights(), *current_world().reducer);
  optimizer.load_state(state);
}

namespace {

void save_weights_h5(const Model& model, const std::string& path) {
  const std::string bytes = write_hdf5(write_keras_weights(model));
  if (current_world().rank() == 0) FileSystem::current().write_atomically(path, bytes);
}

void load_weights_h5(Model& model, const std::string& path) {
  const std::string bytes = FileSystem::current().read(path);
  const Hdf5Object root = parse_hdf5(bytes, path);
  read_keras_weights(root, model, path);
  if (model.compiled()) read_keras_optimizer(root, model, path);
}

[[maybe_unused]] const bool weights_h5_registered =
    register_weights_format(".weights.h5", {save_weights_h5, load_weights_h5});

}  // namespace
}  // namespace tutti
