#include "core/callbacks/callback.h"

#include <algorithm>

#include "core/base/error.h"

namespace tutti {

void Logs::set(const std::string& name, double value) {
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

MonitorMode monitor_mode(const std::string& mode, const std::string& monitor) {
  if (mode == "min") return MonitorMode::min;
  if (mode == "max") return MonitorMode::max;
  if (mode != "auto") fail("callback", "mode '{}' is unknown; use auto, min or max", mode);
  const auto contains = [&](const char* word) { return monitor.find(word) != std::string::npos; };
  const bool rises = contains("acc") || contains("auc") || contains("AUC") ||
                     contains("precision") || contains("recall") || contains("f1") ||
                     contains("fmeasure");
  return rises ? MonitorMode::max : MonitorMode::min;
}

}  // namespace tutti
