#include "core/model/progress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace tutti {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Standard output is a terminal of some width while this lives.
class Terminal {
 public:
  explicit Terminal(unsigned short columns) {
    std::fflush(stdout);
    unsetenv("COLUMNS");
    winsize size{};
    size.ws_col = columns;
    int terminal = -1;
    EXPECT_EQ(openpty(&master_, &terminal, nullptr, nullptr, &size), 0);
    kept_ = dup(STDOUT_FILENO);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    fcntl(master_, F_SETFL, O_NONBLOCK);
  }
  ~Terminal() {
    dup2(kept_, STDOUT_FILENO);
    close(kept_);
    close(master_);
  }
  Terminal(const Terminal&) = delete;
  std::string shown() {
    std::string text(4096, '\0');
    const ssize_t got = read(master_, text.data(), text.size());
    return got > 0 ? text.substr(0, static_cast<size_t>(got)) : "";
  }

 private:
  int master_ = -1, kept_ = -1;
};

Logs some_logs() {
  Logs logs;
  logs.set("accuracy", 0.5);
  logs.set("loss", 0.25);
  return logs;
}

// What show() and end_epoch() draw.
std::pair<std::string, std::string> drawn(unsigned short columns) {
  Terminal terminal(columns);
  Progress progress(1, 3, 100);
  progress.begin_epoch(0);
  terminal.shown();
  progress.show(50, some_logs());
  const std::string during = terminal.shown();
  progress.end_epoch(some_logs());
  return {during, terminal.shown()};
}

TEST(Progress, DrawsOverOneLineOfTheTerminal) {
  EXPECT_THAT(drawn(120).first, HasSubstr("━"));
  EXPECT_THAT(drawn(120).first, HasSubstr(" - accuracy: 0.5000 - loss: 0.2500"));
  EXPECT_THAT(drawn(65).first, HasSubstr(" - accuracy: 0.5000"));
  EXPECT_THAT(drawn(65).first, Not(HasSubstr("loss")));
  const auto [during, after] = drawn(30);
  EXPECT_THAT(during, HasSubstr("50/100 "));
  EXPECT_THAT(during, Not(HasSubstr("━")));
  EXPECT_THAT(during, Not(HasSubstr("accuracy")));
  EXPECT_THAT(after, HasSubstr(" - accuracy: 0.5000 - loss: 0.2500")) << "the last line stays";
  EXPECT_THAT(drawn(0).first, HasSubstr("loss")) << "a width that is not known";
}

}  // namespace
}  // namespace tutti
