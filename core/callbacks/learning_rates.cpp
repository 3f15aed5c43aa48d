#include "core/callbacks/learning_rates.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {

double EpochSchedule::operator()(int64_t epoch, double rate) const {
  return schedule ? schedule->at(static_cast<double>(epoch)) : function(epoch, rate);
}

void read_config(const Config& config, EpochSchedule& out) {
  out = EpochSchedule(Ref<LearningRateSchedule>(config));
}
Config write_config(const EpochSchedule& schedule) {
  return schedule.schedule ? write_config(schedule.schedule) : write_config(schedule.function);
}

LearningRateScheduler::LearningRateScheduler(Options options) : options_(std::move(options)) {
  if (!options_.schedule.function && !options_.schedule.schedule)
    fail("LearningRateScheduler", "needs a schedule; give a function or a schedule");
}

void LearningRateScheduler::on_epoch_begin(int64_t epoch) {
  const double rate = options_.schedule(epoch, training().learning_rate());
  if (!std::isfinite(rate))
    fail("LearningRateScheduler", "the schedule gives {} at epoch {}; return a finite rate", rate,
         epoch + 1);
  training().set_learning_rate(rate);
  if (options_.verbose > 0)
    training().print(fmt::format("\nEpoch {}: LearningRateScheduler setting learning rate to {}.",
                                 epoch + 1, rate));
}

void LearningRateScheduler::add_logs(Logs& logs) const {
  logs.set("learning_rate", training().learning_rate());
}

ReduceLROnPlateau::ReduceLROnPlateau(Options options)
    : options_(std::move(options)),
      monitor_("ReduceLROnPlateau", options_.monitor, options_.mode, options_.min_delta) {
  if (!(options_.factor >= 0 && options_.factor < 1))
    fail("ReduceLROnPlateau", "factor is {}; use a number from 0 to below 1", options_.factor);
}

void ReduceLROnPlateau::on_train_begin() {
  best_.reset();
  wait_ = cooldown_left_ = 0;
}

CallbackState ReduceLROnPlateau::state() const {
  CallbackState state;
  state.values.set("wait", wait_);
  state.values.set("cooldown_left", cooldown_left_);
  state.values.set("best", number_or_null(best_));
  return state;
}

void ReduceLROnPlateau::restore(const CallbackState& state) {
  wait_ = state["wait"].as_int();
  cooldown_left_ = state["cooldown_left"].as_int();
  best_ = state.number("best");
}

bool ReduceLROnPlateau::reduce(int64_t epoch) {
  const double old = training().learning_rate();
  if (!(old > options_.min_lr)) return false;
  const double rate = std::max(old * options_.factor, options_.min_lr);
  training().set_learning_rate(rate);
  if (options_.verbose > 0)
    training().print(fmt::format("\nEpoch {}: ReduceLROnPlateau reducing learning rate to {}.",
                                 epoch + 1, rate));
  return true;
}

void ReduceLROnPlateau::on_epoch_end(int64_t epoch, const Logs& logs) {
  const double* current = monitor_.find(logs, training());
  if (!current)
    return training().print(
        fmt::format("Learning rate reduction is conditioned on metric `{}` which is not available. "
                    "Available metrics are: {}.",
                    monitor_.name(), logs.names()));
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    wait_ = 0;
  }
  if (monitor_.improves(*current, best_)) {
    best_ = *current;
    wait_ = 0;
  } else if (cooldown_left_ == 0 && ++wait_ >= options_.patience && reduce(epoch)) {
    cooldown_left_ = options_.cooldown;
    wait_ = 0;
  }
}

void ReduceLROnPlateau::add_logs(Logs& logs) const {
  logs.set("learning_rate", training().learning_rate());
}

TUTTI_REGISTER(Callback, LearningRateScheduler, "LearningRateScheduler", "a rate for each epoch")
    .required("schedule", &LearningRateSchedulerOptions::schedule, "asked with the epoch")
    .argument("verbose", &LearningRateSchedulerOptions::verbose, "1 tells the rate");
TUTTI_REGISTER(Callback, ReduceLROnPlateau, "ReduceLROnPlateau", "a smaller rate when stuck")
    .argument("monitor", &ReduceLROnPlateauOptions::monitor, "name in the logs")
    .argument("factor", &ReduceLROnPlateauOptions::factor, "of the rate")
    .argument("patience", &ReduceLROnPlateauOptions::patience, "epochs without improvement borne")
    .argument("verbose", &ReduceLROnPlateauOptions::verbose, "1 tells what happened")
    .choice("mode", &ReduceLROnPlateauOptions::mode, kMonitorModes, "which way is better")
    .argument("min_delta", &ReduceLROnPlateauOptions::min_delta, "smallest change that counts")
    .argument("cooldown", &ReduceLROnPlateauOptions::cooldown, "epochs after it that do not count")
    .argument("min_lr", &ReduceLROnPlateauOptions::min_lr, "smallest rate");

}  // namespace tutti
