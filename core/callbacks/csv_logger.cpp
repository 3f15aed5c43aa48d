#include "core/callbacks/csv_logger.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "core/base/error.h"

namespace tutti {

std::string callback_path(const TrainingControl& training, const std::string& path) {
  const std::string& run = training.plan().run_directory;
  if (run.empty() || std::filesystem::path(path).is_absolute()) return path;
  return (std::filesystem::path(run) / path).string();
}

CSVLogger::CSVLogger(Options options) : options_(std::move(options)) {
  if (options_.filename.empty()) fail("CSVLogger", "needs a filename; give a path");
  if (options_.separator.size() != 1)
    fail("CSVLogger", "separator '{}' is not one character; use ',' or ';'", options_.separator);
}

void CSVLogger::on_train_begin() {
  keys_.clear();
  file_.open("CSVLogger", callback_path(training(), options_.filename), options_.append);
}

// The line of names, which a file that is gone on with has already.
std::string CSVLogger::header(const Logs& logs) {
  bool validated = false;
  for (const auto& [name, value] : logs.entries()) {
    keys_.push_back(name);
    validated = validated || name.starts_with("val_");
  }
  std::sort(keys_.begin(), keys_.end());
  if (!validated) {
    const std::vector<std::string> trained = keys_;
    for (const auto& name : trained) keys_.push_back("val_" + name);
  }
  return file_.size() > 0 ? ""
                          : fmt::format("epoch{0}{1}\n", options_.separator,
                                        fmt::join(keys_, options_.separator));
}

void CSVLogger::on_epoch_end(int64_t epoch, const Logs& logs) {
  std::string text = keys_.empty() ? header(logs) : "";
  text += fmt::format("{}", epoch);
  for (const auto& key : keys_) {
    const double* value = logs.find(key);
    text += options_.separator + (value ? fmt::format("{}", *value) : "NA");
  }
  text += "\n";
  file_.write(text);
}

CallbackState CSVLogger::state() const {
  CallbackState state;
  state.values.set("bytes", static_cast<int64_t>(file_.size()));
  state.values.set("columns", Config::List(keys_.begin(), keys_.end()));
  return state;
}

void CSVLogger::restore(const CallbackState& state) {
  file_.restore(state["bytes"].as_int());
  keys_.clear();
  for (const auto& name : state["columns"].as_list()) keys_.push_back(name.as_string());
}

TUTTI_REGISTER(Callback, CSVLogger, "CSVLogger", "writes a line per epoch")
    .required("filename", &CSVLoggerOptions::filename, "path; relative ones begin at the run")
    .argument("separator", &CSVLoggerOptions::separator, "between columns")
    .argument("append", &CSVLoggerOptions::append, "go on in a file that is there");

}  // namespace tutti
