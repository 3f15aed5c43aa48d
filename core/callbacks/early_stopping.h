// EarlyStopping: ends training when a monitored quantity stops improving.
#pragma once

#include <optional>

#include "core/callbacks/monitor.h"

namespace tutti {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;
  int64_t patience = 0;  // epochs without improvement that are borne
  int verbose = 0;
  std::string mode = "auto";
  std::optional<double> baseline = {};  // patience runs until it is beaten
  bool restore_best_weights = false;
  int64_t start_from_epoch = 0;
};

class EarlyStopping final : public Callback {
 public:
  using Options = EarlyStoppingOptions;
  explicit EarlyStopping(Options options = {});
  const Options& options() const { return options_; }
  int64_t stopped_epoch() const { return stopped_epoch_; }  // 0 if it did not stop training
  int64_t best_epoch() const { return best_epoch_; }

  bool leaves_traces() const override { return false; }
  void check(const TrainingControl::Plan& plan) override { monitor_.check(plan); }
  void on_train_begin() override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_end() override;
  CallbackState state() const override;
  void restore(const CallbackState& state) override;

 private:
  Options options_;
  Monitor monitor_;
  int64_t wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
  std::optional<double> best_;
  std::vector<Tensor> best_weights_;
};

}  // namespace tutti
