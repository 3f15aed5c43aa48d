// Lines of what a program prints, whatever pieces it comes in.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tutti::supervise {

// A line ends at "\n", "\r\n" or "\r" (a bar that is drawn again). One that is longer than `limit`
// is given in pieces of that size, so that nothing is lost and little is held.
class LineReader {
 public:
  using Use = std::function<void(std::string line)>;
  LineReader(size_t limit, Use use) : limit_(limit), use_(std::move(use)) {}
  void feed(std::string_view bytes);
  void end();  // what is left is a line, too

 private:
  void give();

  size_t limit_;
  Use use_;
  std::string line_;
  bool after_return_ = false;
};

}  // namespace tutti::supervise
