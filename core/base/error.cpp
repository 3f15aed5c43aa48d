#include "core/base/error.h"

#include <algorithm>
#include <cctype>

namespace tutti {

void throw_error(ExitCode code, std::string_view where, std::string message) {
  throw Error(fmt::format("[{}] {}", where, message), code);
}

namespace {

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
      const int substituted = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  // A name may come from a hostile file: bound the quadratic work.
  if (name.size() > 100) return "";
  std::string best;
  int best_distance = static_cast<int>(name.size() + 2) / 2;
  for (const auto& candidate : candidates) {
    const int distance = edit_distance(name, candidate);
    if (distance < best_distance) best_distance = distance, best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string near = nearest(name, candidates);
  return near.empty() ? "" : fmt::format(", did you mean '{}'?", near);
}

std::string near_or(std::string_view name, const std::vector<std::string>& candidates,
                    std::string otherwise) {
  std::string near = did_you_mean(name, candidates);
  return near.empty() ? std::move(otherwise) : near;
}

bool names_place(std::string_view message) {
  const std::string_view place = message.substr(0, message.find(']'));
  if (place.starts_with("[--set ")) return true;
  const size_t colon = place.rfind(':');
  return colon != std::string_view::npos && colon + 1 < place.size() &&
         std::isdigit(static_cast<unsigned char>(place[colon + 1])) != 0;
}

}  // namespace tutti
