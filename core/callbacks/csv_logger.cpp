#include "core/callbacks/csv_logger.h"

#include <algorithm>
#include <filesystem>

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
  const std::string path = callback_path(training(), options_.filename);
  header_wanted_ = true;
  if (options_.append) {
    std::ifstream old(path);
    std::string line;
    header_wanted_ = !std::getline(old, line);
  }
  file_ = std::make_shared<std::ofstream>(path, options_.append ? std::ios::app : std::ios::trunc);
  if (!*file_)
    fail(ExitCode::io, "CSVLogger", "cannot write '{}'; make its directory or use another path",
         path);
  keys_.clear();
}

void CSVLogger::write_header(const Logs& logs) {
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
  if (!header_wanted_) return;
  *file_ << "epoch";
  for (const auto& key : keys_) *file_ << options_.separator << key;
  *file_ << "\n";
}

void CSVLogger::on_epoch_end(int64_t epoch, const Logs& logs) {
  if (keys_.empty()) write_header(logs);
  *file_ << epoch;
  for (const auto& key : keys_) {
    const double* value = logs.find(key);
    *file_ << options_.separator << (value ? fmt::format("{}", *value) : "NA");
  }
  *file_ << "\n" << std::flush;
  if (!*file_)
    fail(ExitCode::io, "CSVLogger", "cannot write to '{}'; free some space on its disk",
         options_.filename);
}

void CSVLogger::on_train_end() { file_.reset(); }

TUTTI_REGISTER(Callback, CSVLogger, "CSVLogger", "writes a line per epoch")
    .required("filename", &CSVLoggerOptions::filename, "path; relative ones begin at the run")
    .argument("separator", &CSVLoggerOptions::separator, "between columns")
    .argument("append", &CSVLoggerOptions::append, "go on in a file that is there");

}  // namespace tutti
