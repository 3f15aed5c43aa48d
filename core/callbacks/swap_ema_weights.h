// SwapEMAWeights: validates with the averages that an optimizer with use_ema keeps of the weights.
#pragma once

#include "core/callbacks/callback.h"

namespace tutti {

struct SwapEMAWeightsOptions {
  // Also from the end of an epoch to the beginning of the next: a ModelCheckpoint that stands later
  // in the list saves the averages.
  bool swap_on_epoch = false;
};

class SwapEMAWeights final : public Callback {
 public:
  using Options = SwapEMAWeightsOptions;
  explicit SwapEMAWeights(Options options = {}) : options_(options) {}
  const Options& options() const { return options_; }

  bool leaves_traces() const override { return false; }
  bool on_every_rank() const override { return true; }
  void check(const TrainingControl::Plan& plan) override;
  void on_epoch_begin(int64_t epoch) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_test_begin() override { training().use_averages(true); }
  void on_test_end(const Logs&) override { training().use_averages(false); }

 private:
  Options options_;
};

}  // namespace tutti
