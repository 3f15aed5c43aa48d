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
  Monitor(std::string name, std::string mode, double min_delta)
      : name_(std::move(name)),
        mode_(std::move(mode)),
        min_delta_(min_delta < 0 ? -min_delta : min_delta) {
    if (mode_ != "auto") better_ = monitor_mode(mode_, name_);
  }

  const std::string& name() const { return name_; }
  // The quantity's value; null if the logs lack it. Throws if its better direction is unknown.
  const double* find(const Logs& logs, const TrainingControl& training) {
    const double* value = logs.find(name_);
    if (value && !better_)
      better_ = monitor_mode(mode_, name_,
                             training.rises(name_.starts_with("val_") ? name_.substr(4) : name_));
    return value;
  }
  // After a find() that found.
  bool improves(double value, const std::optional<double>& reference) const {
    if (!reference) return true;
    return better_ == MonitorMode::min ? value + min_delta_ < *reference
                                       : value - min_delta_ > *reference;
  }

 private:
  std::string name_, mode_;
  std::optional<MonitorMode> better_;
  double min_delta_;
};

inline const std::vector<std::string> kMonitorModes = {"auto", "min", "max"};

}  // namespace tutti
