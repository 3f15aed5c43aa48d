// How a Config becomes a C++ value and back, one overload pair per argument type. A new argument
// type adds type_name, read_config and write_config beside its class.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/base/dtype.h"
#include "core/base/shape.h"

namespace tutti {

inline std::string type_name(const bool*) { return "bool"; }
inline std::string type_name(const int*) { return "int"; }
inline std::string type_name(const int64_t*) { return "int"; }
inline std::string type_name(const double*) { return "float"; }
inline std::string type_name(const std::string*) { return "text"; }
inline std::string type_name(const DType*) { return "dtype"; }
inline std::string type_name(const Shape*) { return "shape"; }
inline std::string type_name(const Config*) { return "any"; }

void read_config(const Config& config, bool& out);
void read_config(const Config& config, int& out);
void read_config(const Config& config, int64_t& out);
void read_config(const Config& config, double& out);
void read_config(const Config& config, std::string& out);
void read_config(const Config& config, DType& out);
void read_config(const Config& config, Shape& out);  // a list of extents, or one integer
inline void read_config(const Config& config, Config& out) { out = config; }

inline Config write_config(bool value) { return value; }
inline Config write_config(int value) { return value; }
inline Config write_config(int64_t value) { return value; }
inline Config write_config(double value) { return value; }
inline Config write_config(const std::string& value) { return value; }
Config write_config(DType value);
Config write_config(const Shape& value);
inline Config write_config(const Config& value) { return value; }

// Declared before their first use by each other: an argument may be an optional list.
template <typename T>
std::string type_name(const std::vector<T>*);
template <typename T>
void read_config(const Config& config, std::vector<T>& out);
template <typename T>
Config write_config(const std::vector<T>& values);

template <typename T>
std::string type_name(const std::optional<T>*) {
  return type_name(static_cast<const T*>(nullptr)) + " or null";
}
template <typename T>
std::string type_name(const std::vector<T>*) {
  return "list of " + type_name(static_cast<const T*>(nullptr));
}
template <typename T>
std::string type_name(const std::map<std::string, T>*) {
  return "map to " + type_name(static_cast<const T*>(nullptr));
}
template <typename T>
std::string type_name(const std::map<int64_t, T>*) {
  return "map of integers to " + type_name(static_cast<const T*>(nullptr));
}
template <typename R, typename... A>
std::string type_name(const std::function<R(A...)>*) {
  return "function (C++ only)";
}

[[noreturn]] void reject_function(const Config& config);
// The key as a number; throws at the place of its value.
int64_t integer_key(const std::string& key, const Config& value);

template <typename T>
void read_config(const Config& config, std::optional<T>& out) {
  out.reset();
  if (!config.is_null()) read_config(config, out.emplace());
}
// A single value counts as a list of one.
template <typename T>
void read_config(const Config& config, std::vector<T>& out) {
  out.clear();
  if (!config.is_list()) return read_config(config, out.emplace_back());
  for (const auto& item : config.as_list()) {
    T value{};
    read_config(item, value);
    out.push_back(std::move(value));
  }
}
template <typename T>
void read_config(const Config& config, std::map<std::string, T>& out) {
  out.clear();
  for (const auto& [key, value] : config.as_map()) read_config(value, out[key]);
}
template <typename T>
void read_config(const Config& config, std::map<int64_t, T>& out) {
  out.clear();
  for (const auto& [key, value] : config.as_map()) read_config(value, out[integer_key(key, value)]);
}
template <typename R, typename... A>
void read_config(const Config& config, std::function<R(A...)>& out) {
  if (!config.is_null()) reject_function(config);
  out = nullptr;
}

template <typename T>
Config write_config(const std::optional<T>& value) {
  return value ? write_config(*value) : Config();
}
template <typename T>
Config write_config(const std::vector<T>& values) {
  Config::List list;
  for (const auto& value : values) list.push_back(write_config(value));
  return Config(std::move(list));
}
template <typename T>
Config write_config(const std::map<std::string, T>& values) {
  Config::Map map;
  for (const auto& [key, value] : values) map.emplace_back(key, write_config(value));
  return Config(std::move(map));
}
template <typename T>
Config write_config(const std::map<int64_t, T>& values) {
  Config::Map map;
  for (const auto& [key, value] : values)
    map.emplace_back(std::to_string(key), write_config(value));
  return Config(std::move(map));
}
template <typename R, typename... A>
Config write_config(const std::function<R(A...)>& value) {
  return value ? Config("<function>") : Config();
}

}  // namespace tutti
