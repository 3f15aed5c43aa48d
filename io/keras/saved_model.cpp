#include "io/keras/saved_model.h"

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/model/compile_config.h"

namespace tutti {

void refuse_subclass(const Model& model, const std::string& path) {
  if (kind_of(model)) return;
  fail(ExitCode::missing, path,
       "'{}' is a {}, a class of the program, which a file cannot hold; save its weights with "
       "save_weights(\"model.weights.h5\"), or make the model from inputs and outputs",
       model.name(), model.class_name());
}

std::shared_ptr<Model> saved_model(const Config& config, const std::string& path) {
  try {
    if (auto model = std::dynamic_pointer_cast<Model>(make_layer(config))) return model;
    fail(ExitCode::data, path, "holds a layer, not a model; save the model");
  } catch (const Error& error) {
    const std::string message = error.what();
    const bool names_file = message.find(path) != std::string::npos;
    throw Error(names_file ? message : fmt::format("[{}] {}", path, message),
                error.code() == ExitCode::job ? ExitCode::data : error.code());
  }
}

bool compile_as_saved(Model& model, const Config* compiled) {
  if (!compiled || !compiled->is_map() || compiled->as_map().empty()) return false;
  try {
    model.compile(read_compile_config(*compiled));
    return true;
  } catch (const Error& error) {
    log_warn("{}; the model is loaded, compile() it before training", error.what());
    return false;
  }
}

}  // namespace tutti
