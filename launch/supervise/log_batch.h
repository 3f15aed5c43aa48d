// Lines on their way to the judge, several to a message. A rank that prints more than the judge
// takes is not held up: what is too much is left out and counted.
#pragma once

#include <cstddef>
#include <string>

#include "launch/control/control.pb.h"

namespace tutti::supervise {

class LogBatch {
 public:
  static constexpr size_t kMessageBytes = size_t{64} << 10;  // of lines in a message, about
  static constexpr size_t kHeldBytes = size_t{1} << 20;      // of lines that wait here, at most

  void add(bool error, std::string line);
  bool empty() const { return lines_.lines().empty() && lines_.left_out() == 0; }
  // The oldest that go into one message; they are gone from here.
  control::LogLines take();

 private:
  control::LogLines lines_;  // left_out: after these
  size_t bytes_ = 0;
};

}  // namespace tutti::supervise
