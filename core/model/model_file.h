// Whole models in files: the formats are registered by `io`, found by the path's ending.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace tutti {

class Model;

struct ModelFormat {
  std::function<void(const Model& model, const std::string& path)> save;
  std::function<std::shared_ptr<Model>(const std::string& path)> load;
};
bool register_model_format(const std::string& ending, ModelFormat format);
bool is_model_file(const std::string& path);  // whether a format has its ending

// With weights and, where the model is compiled, what compile() was given and the optimizer's
// state: training goes on where it was. Throws naming the known endings; Keras's formats also throw
// for a class that has no config: of a subclassed model they hold only the weights.
void save_model(const Model& model, const std::string& path);
// What was a Sequential is one.
std::shared_ptr<Model> load_model(const std::string& path);

}  // namespace tutti
