// StopAtTarget: ends training at the first epoch whose monitored quantity is as good as wanted. Not
// in Keras, where each course writes its own.
#pragma once

#include "core/callbacks/monitor.h"

namespace tutti {

struct StopAtTargetOptions {
  std::string monitor = "val_loss";
  double target = 0;
  std::string mode = "auto";
  int verbose = 0;
};

class StopAtTarget final : public Callback {
 public:
  using Options = StopAtTargetOptions;
  explicit StopAtTarget(Options options);
  const Options& options() const { return options_; }

  bool leaves_traces() const override { return false; }
  void check(const TrainingControl::Plan& plan) override { monitor_.check(plan); }
  void on_epoch_end(int64_t epoch, const Logs& logs) override;

 private:
  Options options_;
  Monitor monitor_;
};

}  // namespace tutti
