// CSVLogger: a line per epoch in a file, written out as each epoch ends.
#pragma once

#include <concepts>

#include "core/callbacks/callback.h"
#include "core/callbacks/log_file.h"

namespace tutti {

struct CSVLoggerOptions {
  std::string filename = {};
  std::string separator = ",";
  bool append = false;  // go on in a file that is there
};

class CSVLogger final : public Callback {
 public:
  using Options = CSVLoggerOptions;
  explicit CSVLogger(Options options);
  template <std::convertible_to<std::string> Text>  // a template, so that {.filename = ...} is
                                                    // Options
  explicit CSVLogger(Text filename) : CSVLogger(Options{std::move(filename)}) {}
  const Options& options() const { return options_; }

  void on_train_begin() override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  CallbackState state() const override;
  void restore(const CallbackState& state) override;

 private:
  std::string header(const Logs& logs);

  Options options_;
  LogFile file_;
  std::vector<std::string> keys_;  // sorted; the validation's too, should it come later
};

// A path of a callback: relative ones begin at the run directory.
std::string callback_path(const TrainingControl& training, const std::string& path);

}  // namespace tutti
