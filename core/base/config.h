// Config: the arguments of an object as plain data, with the place they were read from. The job
// file,
// `--set`, `.keras` configs and `get_config` all meet here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tutti {

class Config {
 public:
  using List = std::vector<Config>;
  using Entry = std::pair<std::string, Config>;
  using Map = std::vector<Entry>;  // in the order written; keys are unique

  Config() = default;  // null
  Config(bool value) : value_(value) {}
  Config(int value) : value_(int64_t{value}) {}
  Config(int64_t value) : value_(value) {}
  Config(double value) : value_(value) {}
  Config(const char* value) : value_(std::string(value)) {}
  Config(std::string value) : value_(std::move(value)) {}
  Config(List value) : value_(std::move(value)) {}
  Config(Map value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }
  bool is_map() const { return std::holds_alternative<Map>(value_); }

  // Typed reads; each throws "[where] expected <type>, got <value>".
  bool as_bool() const;
  int64_t as_int() const;
  double as_double() const;  // an integer counts
  const std::string& as_string() const;
  const List& as_list() const;
  List& as_list();
  const Map& as_map() const;
  Map& as_map();

  const Config* find(std::string_view key) const;  // null if this is no map or has no such key
  void set(std::string_view key, Config value);    // turns a null into a map

  // "job.yaml:12:5", or "" when the value came from code.
  std::string where() const { return place_ ? *place_ : std::string(); }
  std::string where_or(std::string_view fallback) const;
  Config& at(std::string place);

  // The category of the object that this was written from ("initializer"), "" for plain data: what
  // a writer of another notation, as Keras's, must know.
  std::string_view category() const { return category_; }
  Config& names(const char* category);  // outlives the config
  // What files say of that object beside its arguments: a layer's build_config. A map, or null.
  const Config& beside() const;
  Config& set_beside(Config beside);

  bool operator==(const Config& other) const { return value_ == other.value_; }

 private:
  [[noreturn]] void mismatch(std::string_view expected) const;

  std::variant<std::monostate, bool, int64_t, double, std::string, List, Map> value_;
  std::shared_ptr<const std::string> place_;
  const char* category_ = "";
  std::shared_ptr<const Config> beside_;
};

// One line of YAML flow style: {units: 8, activation: relu}.
std::string to_string(const Config& config);

}  // namespace tutti
