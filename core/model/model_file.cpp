#include "core/model/model_file.h"

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

}  // namespace

bool register_model_format(const std::string& ending, ModelFormat format) {
  return model_formats().emplace(ending, std::move(format)).second;
}

void save_model(const Model& model, const std::string& path) {
  model_format(path).save(model, path);
}

std::shared_ptr<Model> load_model(const std::string& path) { return model_format(path).load(path); }

}  // namespace tutti
