#include "core/model/model_file.h"

#include <filesystem>
#include <map>

#include "core/base/error.h"

namespace tutti {
namespace {

std::map<std::string, ModelFormat>& model_formats() {
  static std::map<std::string, ModelFormat> formats;
  return formats;
}

const ModelFormat& model_format(const std::string& path) {
  std::string known;
  for (const auto& [ending, format] : model_formats()) {
    if (path.ends_with(ending)) return format;
    known += (known.empty() ? "" : ", ") + ending;
  }
  fail(ExitCode::missing, path, "no format holds models under this ending; use one of {}", known);
}

// A folder that TensorFlow wrote.
void refuse_saved_model(const std::string& path) {
  const std::filesystem::path folder(path);
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "saved_model.pb", ignored)) return;
  fail(ExitCode::missing, path,
       "is a TensorFlow SavedModel, which holds a program; convert it where TensorFlow 2.15 is: "
       "python -c \"import tensorflow as tf; tf.keras.models.load_model('{}').save('model.h5')\"",
       path);
}

}  // namespace

bool register_model_format(const std::string& ending, ModelFormat format) {
  return model_formats().emplace(ending, std::move(format)).second;
}

bool is_model_file(const std::string& path) {
  for (const auto& [ending, format] : model_formats())
    if (path.ends_with(ending)) return true;
  return false;
}

void save_model(const Model& model, const std::string& path) {
  model_format(path).save(model, path);
}

std::shared_ptr<Model> load_model(const std::string& path) {
  refuse_saved_model(path);
  return model_format(path).load(path);
}

}  // namespace tutti
