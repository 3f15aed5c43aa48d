#include "launch/config_json.h"

#include <nlohmann/json.hpp>

namespace tutti {

nlohmann::ordered_json to_json(const Config& config) {
  if (config.is_null()) return nullptr;
  if (config.is_bool()) return config.as_bool();
  if (config.is_int()) return config.as_int();
  if (config.is_number()) return config.as_double();
  if (config.is_string()) return config.as_string();
  auto json = config.is_list() ? nlohmann::ordered_json::array() : nlohmann::ordered_json::object();
  if (config.is_list())
    for (const auto& item : config.as_list()) json.push_back(to_json(item));
  else
    for (const auto& [key, value] : config.as_map()) json[key] = to_json(value);
  return json;
}

}  // namespace tutti
