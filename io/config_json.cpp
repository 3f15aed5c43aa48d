#include "io/config_json.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr size_t kDeepestJson = 200, kMostJsonValues = 500'000;

// Builds the Config as the parser meets its values.
class JsonReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonReader(const std::string& where) : where_(where) {}
  Config result;

  bool null() override { return add({}); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > uint64_t{INT64_MAX}) refuse("is the number {}, beyond 64 bits", value);
    return add(static_cast<int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Config::Map{}); }
  bool start_array(size_t) override { return open(Config::List{}); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (!level.names.insert(name).second) refuse("has '{}' twice", name);
    level.name = std::move(name);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(ExitCode::data, where_, "is no JSON at byte {}; write the file again", position);
  }

 private:
  struct Level {
    Config::Map map;
    Config::List list;
    bool is_map;
    std::string name;  // of the value to come
    std::set<std::string> names;
    std::string place;
  };

  std::string place() const {
    if (levels_.empty()) return where_;
    const Level& level = levels_.back();
    if (level.place.size() > 300) return level.place;  // far enough to find it
    if (!level.is_map) return fmt::format("{}[{}]", level.place, level.list.size());
    return level.place + (levels_.size() == 1 ? " " : ".") + level.name.substr(0, 100);
  }
  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ExitCode::data, place(), "{}; write the file again",
         fmt::format(format, std::forward<Args>(args)...));
  }
  bool add(Config value) {
    if (++values_ > kMostJsonValues) refuse("is value number {}, the limit", kMostJsonValues);
    value.at(place());
    if (levels_.empty())
      result = std::move(value);
    else if (Level& level = levels_.back(); level.is_map)
      level.map.emplace_back(level.name, std::move(value));
    else
      level.list.push_back(std::move(value));
    return true;
  }
  template <typename Items>
  bool open(Items) {
    if (levels_.size() == kDeepestJson) refuse("lies more than {} levels deep", kDeepestJson);
    std::string here = place();
    levels_.push_back({{}, {}, std::is_same_v<Items, Config::Map>, {}, {}, std::move(here)});
    return true;
  }
  bool close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    return add(level.is_map ? Config(std::move(level.map)) : Config(std::move(level.list)));
  }

  const std::string& where_;
  std::vector<Level> levels_;
  size_t values_ = 0;
};

}  // namespace

Config parse_json(std::string_view text, const std::string& where) {
  JsonReader reader(where);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return std::move(reader.result);
}

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
