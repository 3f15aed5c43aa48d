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

// Throws ExitCode::missing naming the known endings.
void save_model(const Model& model, const std::string& path);
std::shared_ptr<Model> load_model(const std::string& path);

}  // namespace tutti
