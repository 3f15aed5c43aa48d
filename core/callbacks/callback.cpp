#include "core/callbacks/callback.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {

void Logs::set(const std::string& name, double value) {
  if (std::isnan(value)) value = std::abs(value);  // no text shows the sign of a NaN
  for (auto& [key, old] : entries_) {
    if (key == name) {
      old = value;
      return;
    }
  }
  entries_.emplace_back(name, value);
}

const double* Logs::find(const std::string& name) const {
  for (const auto& [key, value] : entries_)
    if (key == name) return &value;
  return nullptr;
}

std::string Logs::names() const {
  std::string text;
  for (const auto& [key, value] : entries_) text += (text.empty() ? "" : ",") + key;
  return text;
}

MonitorMode monitor_mode(const std::string& callback, const std::string& mode,
                         const std::string& monitor, std::optional<bool> rises) {
  if (mode == "min") return MonitorMode::min;
  if (mode == "max") return MonitorMode::max;
  if (mode != "auto") fail(callback, "mode '{}' is unknown; use auto, min or max", mode);
  if (rises) return *rises ? MonitorMode::max : MonitorMode::min;
  const auto says = [&](std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return monitor.find(word) != std::string::npos; });
  };
  if (says({"loss", "err", "entropy", "mse", "mae", "MSE", "MAE"})) return MonitorMode::min;
  if (says({"acc", "auc", "AUC", "precision", "recall", "f1", "fmeasure"})) return MonitorMode::max;
  fail(callback, "cannot tell whether more or less of '{}' is better; set mode to max or min",
       monitor);
}

}  // namespace tutti
