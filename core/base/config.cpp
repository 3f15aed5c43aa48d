#include "core/base/config.h"

#include <cmath>

#include "core/base/error.h"

namespace tutti {

std::string Config::where_or(std::string_view fallback) const {
  return place_ ? *place_ : std::string(fallback);
}

Config& Config::at(std::string place) {
  place_ = std::make_shared<const std::string>(std::move(place));
  return *this;
}

Config& Config::names(const char* category) {
  category_ = category;
  return *this;
}

const Config& Config::beside() const {
  static const Config nothing;
  return beside_ ? *beside_ : nothing;
}

Config& Config::set_beside(Config beside) {
  beside_ = std::make_shared<const Config>(std::move(beside));
  return *this;
}

void Config::mismatch(std::string_view expected) const {
  std::string got = to_string(*this);
  if (got.size() > 60) got = got.substr(0, 57) + "...";
  fail(where_or("config"), "expected {}, got {}", expected, got);
}

bool Config::as_bool() const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  mismatch("true or false");
}

int64_t Config::as_int() const {
  if (const auto* value = std::get_if<int64_t>(&value_)) return *value;
  if (const auto* value = std::get_if<double>(&value_))
    if (*value == std::floor(*value) && std::abs(*value) < 9e15)
      return static_cast<int64_t>(*value);
  mismatch("an integer");
}

double Config::as_double() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  mismatch("a number");
}

const std::string& Config::as_string() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  mismatch("text");
}

const Config::List& Config::as_list() const {
  if (const auto* value = std::get_if<List>(&value_)) return *value;
  mismatch("a list");
}

const Config::Map& Config::as_map() const {
  if (const auto* value = std::get_if<Map>(&value_)) return *value;
  mismatch("a map of names to values");
}

Config::List& Config::as_list() { return const_cast<List&>(std::as_const(*this).as_list()); }
Config::Map& Config::as_map() { return const_cast<Map&>(std::as_const(*this).as_map()); }

const Config* Config::find(std::string_view key) const {
  const auto* map = std::get_if<Map>(&value_);
  if (!map) return nullptr;
  for (const auto& [name, value] : *map)
    if (name == key) return &value;
  return nullptr;
}

void Config::set(std::string_view key, Config value) {
  if (is_null()) value_ = Map();
  for (auto& [name, old] : as_map()) {
    if (name == key) {
      old = std::move(value);
      return;
    }
  }
  as_map().emplace_back(key, std::move(value));
}

namespace {

std::string number_text(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::string text = fmt::format("{}", value);  // the shortest text that reads back the same
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string quoted(const std::string& text) {
  // Bare only what every YAML reader takes for the same text.
  bool bare = !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0]));
  for (const unsigned char c : text) bare = bare && (std::isalnum(c) || c == '_' || c == '/');
  for (const char* word :
       {"true", "false", "null", "yes", "no",  "on", "off", "True", "False", "Null",  "None",
        "y",    "n",     "Y",    "N",   "Yes", "No", "On",  "Off",  "TRUE",  "FALSE", "NULL"})
    bare = bare && text != word;
  if (bare) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 32)
      out += fmt::format("\\x{:02x}", c);
    else
      out += c;
  }
  return out + "\"";
}

}  // namespace

std::string to_string(const Config& config) {
  if (config.is_null()) return "null";
  if (config.is_bool()) return config.as_bool() ? "true" : "false";
  if (config.is_int()) return std::to_string(config.as_int());
  if (config.is_number()) return number_text(config.as_double());
  if (config.is_string()) return quoted(config.as_string());
  std::string text;
  if (config.is_list()) {
    for (const auto& item : config.as_list()) text += (text.empty() ? "" : ", ") + to_string(item);
    return "[" + text + "]";
  }
  for (const auto& [key, value] : config.as_map())
    text += (text.empty() ? "" : ", ") + quoted(key) + ": " + to_string(value);
  return "{" + text + "}";
}

}  // namespace tutti
