// What the ranks print, as one voice: rank 0 as if it were alone, others as "host:rank| line".
#pragma once

#include <functional>
#include <string>

#include "launch/control/control.pb.h"

namespace tutti::launch {

class LogMerger {
 public:
  using Print = std::function<void(bool error, const std::string& line)>;
  explicit LogMerger(Print print) : print_(std::move(print)) {}

  void take(int rank, const std::string& host, const control::LogLines& lines);
  // The `parameters` line of rank 0 is kept back until the job is done: a world that fails after
  // it was written prints another.
  void done();
  void begin_world() { parameters_.clear(); }

 private:
  Print print_;
  std::string parameters_;
};

}  // namespace tutti::launch
