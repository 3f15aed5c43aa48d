// TerminateOnNaN: ends training at the first batch whose loss is not finite.
#pragma once

#include "core/callbacks/callback.h"

namespace tutti {

struct TerminateOnNaNOptions {
  bool raise_error = false;  // ends the program with ExitCode::numerics
};

class TerminateOnNaN final : public Callback {
 public:
  using Options = TerminateOnNaNOptions;
  explicit TerminateOnNaN(Options options = {}) : options_(options) {}
  const Options& options() const { return options_; }

  bool leaves_traces() const override { return false; }
  bool needs_batch_logs() const override { return true; }
  bool watches_for_nan() const override { return true; }
  void on_train_batch_end(int64_t batch, const Logs& logs) override;

 private:
  Options options_;
};

}  // namespace tutti
