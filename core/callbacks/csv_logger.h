// CSVLogger: a line per epoch in a file, written out as each epoch ends.
#pragma once

#include <concepts>
#include <fstream>
#include <memory>

#include "core/callbacks/callback.h"

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
  void on_train_end() override;

 private:
  void write_header(const Logs& logs);

  Options options_;
  std::shared_ptr<std::ofstream> file_;
  std::vector<std::string> keys_;  // sorted; the validation's too, should it come later
  bool header_wanted_ = true;
};

// A path of a callback: relative ones begin at the run directory.
std::string callback_path(const TrainingControl& training, const std::string& path);

}  // namespace tutti
