#include "core/base/config_convert.h"

#include <charconv>
#include <limits>

#include "core/base/error.h"

namespace tutti {

void read_config(const Config& config, bool& out) { out = config.as_bool(); }
void read_config(const Config& config, int64_t& out) { out = config.as_int(); }
void read_config(const Config& config, double& out) { out = config.as_double(); }
void read_config(const Config& config, std::string& out) { out = config.as_string(); }

void read_config(const Config& config, int& out) {
  const int64_t value = config.as_int();
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
    fail(config.where_or("config"), "{} is too large for this argument; use a 32-bit integer",
         value);
  out = static_cast<int>(value);
}

void read_config(const Config& config, DType& out) {
  try {
    out = parse_dtype(config.as_string());
  } catch (const Error& error) {
    if (config.where().empty()) throw;
    fail(config.where(), "{}", error.what());
  }
}

void read_config(const Config& config, Shape& out) {
  std::vector<int64_t> dims;
  if (config.is_list())
    for (const auto& item : config.as_list())
      dims.push_back(item.is_null() ? kRows : item.as_int());
  else
    dims.push_back(config.as_int());
  try {
    out = Shape(std::move(dims));
  } catch (const Error& error) {
    fail(config.where_or("config"), "{}", error.what());
  }
}

Config write_config(DType value) { return std::string(name_of(value)); }

Config write_config(const Shape& value) {
  Config::List list;
  for (const int64_t dim : value.dims()) list.push_back(dim == kRows ? Config() : Config(dim));
  return Config(std::move(list));
}

int64_t integer_key(const std::string& key, const Config& value) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  if (error != std::errc() || end != key.data() + key.size())
    fail(value.where_or("config"), "expected an integer in place of '{}' before the colon", key);
  return number;
}

void reject_function(const Config& config) {
  fail(config.where_or("config"), "this argument takes a C++ function; set it in a C++ program");
}

}  // namespace tutti
