#include "core/callbacks/stop_at_target.h"

#include <fmt/format.h>

#include <cmath>

namespace tutti {

StopAtTarget::StopAtTarget(Options options)
    : options_(std::move(options)), monitor_("StopAtTarget", options_.monitor, options_.mode, 0) {}

void StopAtTarget::on_epoch_end(int64_t epoch, const Logs& logs) {
  const double* current = monitor_.find(logs, training());
  if (!current || std::isnan(*current) || monitor_.improves(options_.target, *current)) return;
  if (options_.verbose > 0)
    training().print(fmt::format("Epoch {}: {} is {:.4f}, as good as {}", epoch + 1,
                                 options_.monitor, *current, options_.target));
  training().stop_training();
}

TUTTI_REGISTER(Callback, StopAtTarget, "StopAtTarget",
               "ends training once a quantity is as good as wanted")
    .argument("monitor", &StopAtTargetOptions::monitor, "name in the logs")
    .required("target", &StopAtTargetOptions::target, "value at which training ends")
    .choice("mode", &StopAtTargetOptions::mode, kMonitorModes, "which way is better")
    .argument("verbose", &StopAtTargetOptions::verbose, "1 tells what happened");

}  // namespace tutti
