// The name of a checkpoint's folder: step-000000001200, or step-000000001200.2 for the second
// attempt at that step. It ends in .tmp until it is whole.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tutti {

struct CheckpointName {
  int64_t step = 0;
  int64_t attempt = 1;
  auto operator<=>(const CheckpointName&) const = default;

  std::string text() const;
  static std::optional<CheckpointName> parse(std::string_view name);  // null for anything else
};
inline constexpr std::string_view kUnfinished = ".tmp";

}  // namespace tutti
