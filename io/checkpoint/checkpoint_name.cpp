#include "io/checkpoint/checkpoint_name.h"

#include <fmt/format.h>

#include <charconv>

namespace tutti {
namespace {

constexpr std::string_view kPrefix = "step-";
constexpr size_t kDigits = 12;

bool read_number(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

std::string CheckpointName::text() const {
  const std::string name = fmt::format("{}{:0{}}", kPrefix, step, kDigits);
  return attempt == 1 ? name : fmt::format("{}.{}", name, attempt);
}

std::optional<CheckpointName> CheckpointName::parse(std::string_view whole) {
  if (!whole.starts_with(kPrefix)) return std::nullopt;
  std::string_view name = whole;
  name.remove_prefix(kPrefix.size());
  CheckpointName parsed;
  const size_t dot = name.find('.');
  if (!read_number(name.substr(0, dot), parsed.step)) return std::nullopt;
  if (dot != std::string_view::npos && !read_number(name.substr(dot + 1), parsed.attempt))
    return std::nullopt;
  if (parsed.text() != whole) return std::nullopt;
  return parsed;
}

}  // namespace tutti
