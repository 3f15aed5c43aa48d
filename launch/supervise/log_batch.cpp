#include "launch/supervise/log_batch.h"

#include <algorithm>
#include <utility>

namespace tutti::supervise {
namespace {

constexpr size_t kLineBytes = 16;  // that a line takes besides its text

}  // namespace

void LogBatch::add(bool error, std::string line) {
  // Once one was left out those after it are, too, until what waits has been taken: the count then
  // stands where they are missing.
  if (lines_.left_out() > 0 || bytes_ + line.size() + kLineBytes > kHeldBytes) {
    lines_.set_left_out(lines_.left_out() + 1);
    return;
  }
  bytes_ += line.size() + kLineBytes;
  control::LogLine& added = *lines_.add_lines();
  added.set_error(error);
  added.set_text(std::move(line));
}

control::LogLines LogBatch::take() {
  int count = 0;
  size_t bytes = 0;
  while (count < lines_.lines_size() && bytes < kMessageBytes)
    bytes += lines_.lines(count++).text().size() + kLineBytes;
  control::LogLines taken;
  for (int i = 0; i < count; ++i) *taken.add_lines() = std::move(*lines_.mutable_lines(i));
  lines_.mutable_lines()->DeleteSubrange(0, count);
  bytes_ -= bytes;
  if (lines_.lines().empty()) {
    taken.set_left_out(lines_.left_out());
    lines_.set_left_out(0);
  }
  return taken;
}

}  // namespace tutti::supervise
