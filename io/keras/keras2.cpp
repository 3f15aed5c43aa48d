#include "io/keras/keras2.h"

#include <algorithm>

namespace tutti {
namespace {

// How something was computed, not what.
constexpr const char* kGone[] = {"implementation", "time_major", "input_length"};

void modernize(const std::string& kind, Config& config) {
  auto& arguments = config.as_map();
  for (auto& [key, value] : arguments) {
    if (kind == "InputLayer" && key == "batch_input_shape") key = "batch_shape";
    if (kind == "BatchNormalization" && key == "axis" && value.is_list() &&
        value.as_list().size() == 1)
      value = Config(value.as_list()[0]);
  }
  std::erase_if(arguments, [](const Config::Entry& entry) {
    return std::ranges::find(kGone, entry.first) != std::end(kGone);
  });
}

}  // namespace

Config from_keras2(Config config) {
  if (config.is_list())
    for (Config& item : config.as_list()) item = from_keras2(std::move(item));
  if (!config.is_map()) return config;
  for (auto& [key, value] : config.as_map()) value = from_keras2(std::move(value));
  const Config* kind = config.find("class_name");
  const Config* arguments = config.find("config");
  if (kind && kind->is_string() && arguments && arguments->is_map())
    modernize(kind->as_string(), const_cast<Config&>(*arguments));
  return config;
}

}  // namespace tutti
