#include "core/callbacks/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {
namespace {

const TrainingControl::Quantity* find_quantity(const TrainingControl::Plan& plan,
                                               const std::string& name) {
  const auto found = std::ranges::find(plan.quantities, name, &TrainingControl::Quantity::name);
  return found == plan.quantities.end() ? nullptr : &*found;
}

}  // namespace

Monitor::Monitor(std::string callback, std::string name, std::string mode, double min_delta)
    : callback_(std::move(callback)),
      name_(std::move(name)),
      mode_(std::move(mode)),
      min_delta_(std::abs(min_delta)) {
  if (mode_ != "auto") better_ = monitor_mode(callback_, mode_, name_);
}

void Monitor::settle(const TrainingControl::Plan& plan) {
  if (better_) return;
  const auto* quantity = find_quantity(plan, name_);
  better_ = monitor_mode(callback_, mode_, name_, quantity ? quantity->rises : std::nullopt);
}

void Monitor::check(const TrainingControl::Plan& plan) {
  if (plan.quantities.empty()) return;
  if (!find_quantity(plan, name_)) {
    std::vector<std::string> names;
    for (const auto& quantity : plan.quantities) names.push_back(quantity.name);
    std::ranges::sort(names);
    fail(callback_, "monitors '{}', which this training does not report{}", name_,
         near_or(name_, names, fmt::format("; monitor one of {}", fmt::join(names, ", "))));
  }
  settle(plan);
}

const double* Monitor::find(const Logs& logs, const TrainingControl& training) {
  const double* value = logs.find(name_);
  if (value) settle(training.plan());
  return value;
}

}  // namespace tutti
