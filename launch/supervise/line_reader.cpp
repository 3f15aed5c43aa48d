#include "launch/supervise/line_reader.h"

#include <utility>

namespace tutti::supervise {

void LineReader::feed(std::string_view bytes) {
  for (const char byte : bytes) {
    const bool second_half = std::exchange(after_return_, byte == '\r') && byte == '\n';
    if (second_half) continue;
    if (byte == '\n' || byte == '\r') {
      give();
    } else {
      line_ += byte;
      if (line_.size() == limit_) give();
    }
  }
}

void LineReader::end() {
  if (!line_.empty()) give();
}

void LineReader::give() { use_(std::exchange(line_, {})); }

}  // namespace tutti::supervise
