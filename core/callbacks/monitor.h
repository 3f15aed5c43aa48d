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
  Monitor(std::string callback, std::string name, std::string mode, double min_delta);

  const std::string& name() const { return name_; }
  // Throws if such a training does not report the quantity, or its better direction is unknown.
  void check(const TrainingControl::Plan& plan);
  // The quantity's value; null if the logs lack it. Throws if its better direction is unknown.
  const double* find(const Logs& logs, const TrainingControl& training);
  // After a check(), or a find() that found.
  bool improves(double value, const std::optional<double>& reference) const {
    if (!reference) return true;
    return better_ == MonitorMode::min ? value + min_delta_ < *reference
                                       : value - min_delta_ > *reference;
  }

 private:
  void settle(const TrainingControl::Plan& plan);

  std::string callback_, name_, mode_;
  std::optional<MonitorMode> better_;
  double min_delta_;
};

inline const std::vector<std::string> kMonitorModes = {"auto", "min", "max"};

}  // namespace tutti
