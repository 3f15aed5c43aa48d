// What EarlyStopping, ModelCheckpoint and ReduceLROnPlateau share: a quantity of the logs and
// whether it got better.
#pragma once

#include <optional>
#include <string>

#include "core/callbacks/callback.h"

namespace tutti {

class Monitor {
 public:
  // Improved means better than the reference by more than |min_delta|.
  Monitor(std::string name, const std::string& mode, double min_delta)
      : name_(std::move(name)),
        mode_(monitor_mode(mode, name_)),
        min_delta_(min_delta < 0 ? -min_delta : min_delta) {}

  const std::string& name() const { return name_; }
  // The quantity's value; null if the logs lack it.
  const double* find(const Logs& logs) const { return logs.find(name_); }
  bool improves(double value, const std::optional<double>& reference) const {
    if (!reference) return true;
    return mode_ == MonitorMode::min ? value + min_delta_ < *reference
                                     : value - min_delta_ > *reference;
  }

 private:
  std::string name_;
  MonitorMode mode_;
  double min_delta_;
};

inline const std::vector<std::string> kMonitorModes = {"auto", "min", "max"};

}  // namespace tutti
