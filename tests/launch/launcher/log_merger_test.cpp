#include "launch/launcher/log_merger.h"

#include <gmock/gmock.h>

namespace tutti::launch {
namespace {

using testing::ElementsAre;

class LogMergerTest : public testing::Test {
 protected:
  void say(int rank, bool error, const std::string& text, uint64_t left_out = 0) {
    control::LogLines lines;
    control::LogLine& line = *lines.add_lines();
    line.set_error(error);
    line.set_text(text);
    lines.set_left_out(left_out);
    logs_.take(rank, "node1", lines);
  }
  std::vector<std::string> printed_;
  LogMerger logs_{[this](bool error, const std::string& line) {
    printed_.push_back((error ? "error " : "") + line);
  }};
};

TEST_F(LogMergerTest, SpeaksWithOneVoice) {
  say(0, false, "epoch 1/2");
  say(1, true, "[data.csv:3] no number");
  say(2, false, "hello");
  say(0, true, "a warning", 3);
  EXPECT_THAT(printed_, ElementsAre("epoch 1/2", "error node1:1| [data.csv:3] no number",
                                    "node1:2| hello", "error a warning",
                                    "error node1:0| 3 lines came too fast and are left out"));
}

TEST_F(LogMergerTest, GivesTheParametersOnceAndLast) {
  say(0, false, "parameters 1111 of a world that failed");
  logs_.begin_world();
  say(0, false, "parameters 2222");
  say(0, true, "late");
  EXPECT_THAT(printed_, ElementsAre("error late"));
  logs_.done();
  logs_.done();
  EXPECT_THAT(printed_, ElementsAre("error late", "parameters 2222"));
}

}  // namespace
}  // namespace tutti::launch
