// LambdaCallback: C++ functions as a callback.
#pragma once

#include <functional>

#include "core/callbacks/callback.h"

namespace tutti {

struct LambdaCallbackOptions {
  std::function<void(int64_t epoch)> on_epoch_begin = {};
  std::function<void(int64_t epoch, const Logs&)> on_epoch_end = {};
  std::function<void()> on_train_begin = {};
  std::function<void()> on_train_end = {};
  std::function<void(int64_t batch)> on_train_batch_begin = {};
  std::function<void(int64_t batch, const Logs&)> on_train_batch_end = {};
};

class LambdaCallback final : public Callback {
 public:
  using Options = LambdaCallbackOptions;
  explicit LambdaCallback(Options options = {}) : options_(std::move(options)) {}
  const Options& options() const { return options_; }

  bool needs_batch_logs() const override { return options_.on_train_batch_end != nullptr; }
  void on_train_begin() override;
  void on_train_end() override;
  void on_epoch_begin(int64_t epoch) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_batch_begin(int64_t batch) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;

 private:
  Options options_;
};

}  // namespace tutti
