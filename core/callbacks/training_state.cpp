#include "core/callbacks/training_state.h"

#include "core/base/error.h"

namespace tutti {

const Config& CallbackState::operator[](const char* key) const {
  const Config* found = values.find(key);
  if (!found)
    fail(ExitCode::data, "restore",
         "a callback's saved state has no '{}'; it was saved by another version", key);
  return *found;
}

std::optional<double> CallbackState::number(const char* key) const {
  const Config& value = (*this)[key];
  if (value.is_null()) return std::nullopt;
  return value.as_double();
}

Config number_or_null(const std::optional<double>& number) {
  return number ? Config(*number) : Config();
}

}  // namespace tutti
