// The progress of fit and evaluate, as Keras shows it: a bar on a terminal, plain lines in a log,
// one voice from all ranks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/callbacks/callback.h"

namespace tutti {

class Progress {
 public:
  // verbose: 0 silent, 1 a bar on a terminal and a line per epoch elsewhere, 2 a line per epoch.
  Progress(int verbose, int64_t epochs, int64_t steps);
  ~Progress();  // leaves the cursor on a line of its own
  Progress(const Progress&) = delete;

  void begin_epoch(int64_t epoch);
  // True when it is time to show step `done` of the epoch: a few times a second at most.
  bool due(int64_t done);
  void show(int64_t done, const Logs& logs);
  void end_epoch(const Logs& logs);
  // A line for people that leaves the bar whole.
  void print(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;
  std::string bar(int64_t done) const;
  std::string line(int64_t done, const Logs& logs, bool final) const;

  int verbose_;
  bool bar_;  // draws over its own line
  int64_t epochs_, steps_;
  std::string title_;  // of the epoch
  Clock::time_point begun_, shown_;
  bool open_ = false;  // the cursor stands behind a bar
};

}  // namespace tutti
