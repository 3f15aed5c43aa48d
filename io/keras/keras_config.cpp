#include "io/keras/keras_config.h"

#include <map>
#include <nlohmann/json.hpp>

#include "core/base/dtype_policy.h"
#include "core/base/error.h"
#include "core/base/registry.h"
#include "io/config_json.h"

namespace tutti {
namespace {

using nlohmann::ordered_json;

std::string keras_module(const KindInfo& kind) {
  if (!kind.keras_module.empty()) return kind.keras_module;
  static const std::map<std::string, std::string, std::less<>> modules = {
      {"layer", "keras.layers"},
      {"optimizer", "keras.optimizers"},
      {"schedule", "keras.optimizers.schedules"},
      {"initializer", "keras.initializers"},
      {"regularizer", "keras.regularizers"},
      {"constraint", "keras.constraints"},
      {"loss", "keras.losses"},
      {"metric", "keras.metrics"},
      {"quantizer", "keras.quantizers"},
      {"quantization_config", "keras.quantizers"}};
  const auto found = modules.find(kind.category);
  if (found == modules.end()) fail(kind.name, "Keras knows no {}; leave it out", kind.category);
  return found->second;
}

ordered_json policy_json(const std::string& dtype) {
  const DTypePolicy policy{std::string_view(dtype)};
  if (policy.quantization)
    return {
        {"module", "keras.dtype_policies"},
        {"class_name", policy.quantization->bits == 8 ? "QuantizedDTypePolicy" : "Int4DTypePolicy"},
        {"config", {{"mode", policy.quantization->mode()}, {"source_name", policy.source_name()}}},
        {"registered_name", nullptr}};
  return {{"module", "keras"},
          {"class_name", "DTypePolicy"},
          {"config", {{"name", dtype}}},
          {"registered_name", nullptr}};
}

// What every layer says in Keras's files.
ordered_json common_keys(const std::string& kind, const Config& arguments) {
  ordered_json json = ordered_json::object();
  const auto text = [&](const char* key, const char* otherwise) {
    const Config* found = arguments.find(key);
    return found ? found->as_string() : std::string(otherwise);
  };
  if (const Config* name = arguments.find("name")) json["name"] = name->as_string();
  const std::string dtype = text("dtype", "float32");
  if (kind == "InputLayer") {
    const Config* batch = arguments.find("batch_shape");
    const Config* row = arguments.find("shape");
    json["batch_shape"] = ordered_json::array();
    if (batch && batch->is_list()) {
      json["batch_shape"] = to_json(*batch);
    } else {
      json["batch_shape"].push_back(nullptr);
      for (const auto& extent : row->as_list()) json["batch_shape"].push_back(to_json(extent));
    }
    json["dtype"] = dtype;
    return json;
  }
  if (const Config* trainable = arguments.find("trainable"))
    json["trainable"] = to_json(*trainable);
  const bool takes_dtype = kind != "Functional" && kind != "Pipeline";  // in Keras
  if (takes_dtype) json["dtype"] = policy_json(dtype);
  return json;
}

ordered_json arguments_json(std::string_view category, const KindInfo& kind,
                            const Config& arguments) {
  const bool layer = category == "layer";
  ordered_json json = layer ? common_keys(kind.name, arguments) : ordered_json::object();
  if (!arguments.is_map() || kind.name == "InputLayer") return json;
  for (const auto& [key, value] : arguments.as_map()) {
    const auto own = std::ranges::find(kind.arguments, key, &ArgumentInfo::name);
    const bool known = own != kind.arguments.end();
    if (known ? !own->of_call : !layer && !json.contains(key)) json[key] = to_keras_json(value);
  }
  return json;
}

// Keras writes an activation as its name.
ordered_json activation_json(const KindInfo& kind, const Config& arguments) {
  for (const auto& argument : kind.arguments) {
    const Config* given = arguments.find(argument.name);
    if (given && !(*given == kind.default_of(argument)))
      fail(kind.name,
           "with {}: {} is no activation of Keras's files; use the layer for it, as "
           "{{LeakyReLU: {{negative_slope: 0.1}}}}",
           argument.name, to_string(*given));
  }
  return kind.name;
}

ordered_json object_json(const Config& config) {
  const std::string_view category = config.category();
  const KindCall call = parse_kind(category, config);
  const KindInfo* kind = find_kind(category, call.name);
  if (!kind) fail(call.name, "is no registered {}", category);
  if (category == "activation") return activation_json(*kind, call.arguments);
  if (category == "metric" && kind->name == snake_case(kind->name)) return kind->name;
  const std::string module = keras_module(*kind);
  // What Keras exports is known by its module, other classes by their names too.
  const bool exported = !module.starts_with("keras.src.");
  ordered_json json = {{"module", module},
                       {"class_name", kind->name},
                       {"config", arguments_json(category, *kind, call.arguments)},
                       {"registered_name", exported ? ordered_json() : ordered_json(kind->name)}};
  if (config.beside().is_map())
    for (const auto& [key, value] : config.beside().as_map()) json[key] = to_json(value);
  if (config.find("class_name"))
    for (const auto& [key, value] : config.as_map())
      if (key != "class_name" && key != "config") json[key] = to_keras_json(value);
  return json;
}

}  // namespace

ordered_json to_keras_json(const Config& config) {
  if (!config.category().empty()) return object_json(config);
  if (config.is_list()) {
    auto json = ordered_json::array();
    for (const auto& item : config.as_list()) json.push_back(to_keras_json(item));
    return json;
  }
  if (config.is_map()) {
    auto json = ordered_json::object();
    for (const auto& [key, value] : config.as_map()) json[key] = to_keras_json(value);
    return json;
  }
  return to_json(config);
}

namespace {

[[noreturn]] void refuse_code(const Config& config) {
  fail(ExitCode::data, config.where_or("keras"),
       "is a Lambda with Python code, which is never run; replace it by layers in Keras, and save "
       "again");
}

// The value that a notation of Keras's stands for, if it is one.
const Config* meaning(const Config& config, const std::string& kind) {
  const Config* inner = config.find("config");
  if (kind == "__lambda__") refuse_code(config);
  if (kind == "__tuple__") return config.find("items");
  if (kind == "function") return inner;
  if (kind == "__numpy__" || kind == "__tensor__") return inner ? inner->find("value") : nullptr;
  if (kind == "Lambda" && inner)
    if (const Config* function = inner->find("function"); function && function->is_list())
      refuse_code(config);
  return nullptr;
}

}  // namespace

Config from_keras(Config config) {
  if (config.is_list()) {
    for (Config& item : config.as_list()) item = from_keras(std::move(item));
  } else if (config.is_map()) {
    const Config* kind = config.find("class_name");
    if (kind && kind->is_string())
      if (const Config* value = meaning(config, kind->as_string())) return from_keras(*value);
    for (auto& [key, value] : config.as_map()) value = from_keras(std::move(value));
  }
  return config;
}

}  // namespace tutti
