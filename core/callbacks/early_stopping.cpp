#include "core/callbacks/early_stopping.h"

#include "core/base/error.h"

namespace tutti {

EarlyStopping::EarlyStopping(Options options)
    : options_(std::move(options)),
      monitor_("EarlyStopping", options_.monitor, options_.mode, options_.min_delta) {
  if (options_.patience < 0)
    fail("EarlyStopping", "patience is {}; use 0 epochs or more", options_.patience);
}

void EarlyStopping::on_train_begin() {
  wait_ = stopped_epoch_ = best_epoch_ = 0;
  best_.reset();
  best_weights_.clear();
}

void EarlyStopping::on_epoch_end(int64_t epoch, const Logs& logs) {
  const double* current = monitor_.find(logs, training());
  if (!current)
    training().print(
        fmt::format("Early stopping conditioned on metric `{}` which is not available. "
                    "Available metrics are: {}",
                    monitor_.name(), logs.names()));
  if (!current || epoch < options_.start_from_epoch) return;
  const auto remember = [&] {
    best_epoch_ = epoch;
    if (options_.restore_best_weights) best_weights_ = training().get_weights();
  };
  // Weights of an epoch that is not finite still stand for the best until a better one comes.
  if (options_.restore_best_weights && best_weights_.empty()) remember();
  ++wait_;
  if (monitor_.improves(*current, best_)) {
    best_ = *current;
    remember();
    if (!options_.baseline || monitor_.improves(*current, options_.baseline)) wait_ = 0;
    return;
  }
  if (wait_ >= options_.patience && epoch > 0) {
    stopped_epoch_ = epoch;
    training().stop_training();
  }
}

void EarlyStopping::on_train_end() {
  if (stopped_epoch_ > 0 && options_.verbose > 0)
    training().print(fmt::format("Epoch {}: early stopping", stopped_epoch_ + 1));
  if (best_weights_.empty()) return;
  if (options_.verbose > 0)
    training().print(fmt::format("Restoring model weights from the end of the best epoch: {}.",
                                 best_epoch_ + 1));
  training().set_weights(best_weights_);
}

CallbackState EarlyStopping::state() const {
  CallbackState state;
  state.values.set("wait", wait_);
  state.values.set("stopped_epoch", stopped_epoch_);
  state.values.set("best_epoch", best_epoch_);
  state.values.set("best", number_or_null(best_));
  for (size_t i = 0; i < best_weights_.size(); ++i)
    state.tensors.emplace_back(std::to_string(i), best_weights_[i]);
  return state;
}

void EarlyStopping::restore(const CallbackState& state) {
  wait_ = state["wait"].as_int();
  stopped_epoch_ = state["stopped_epoch"].as_int();
  best_epoch_ = state["best_epoch"].as_int();
  best_ = state.number("best");
  best_weights_.clear();
  for (const auto& [name, weight] : state.tensors) best_weights_.push_back(weight);
}

TUTTI_REGISTER(Callback, EarlyStopping, "EarlyStopping", "ends training that stops improving")
    .argument("monitor", &EarlyStoppingOptions::monitor, "name in the logs")
    .argument("min_delta", &EarlyStoppingOptions::min_delta, "smallest change that counts")
    .argument("patience", &EarlyStoppingOptions::patience, "epochs without improvement borne")
    .argument("verbose", &EarlyStoppingOptions::verbose, "1 tells what happened")
    .choice("mode", &EarlyStoppingOptions::mode, kMonitorModes, "which way is better")
    .argument("baseline", &EarlyStoppingOptions::baseline, "value to beat")
    .argument("restore_best_weights", &EarlyStoppingOptions::restore_best_weights,
              "go back to the weights of the best epoch at the end")
    .argument("start_from_epoch", &EarlyStoppingOptions::start_from_epoch,
              "epochs before do not count");

}  // namespace tutti
