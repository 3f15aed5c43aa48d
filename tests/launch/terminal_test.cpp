// What `tutti train` shows where people watch it, and what it writes where nobody does.
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TerminalTest : public InTemporaryFolder {
 protected:
  // All that a shell line writes to a terminal; it is ended when that says nothing for a minute.
  std::string on_terminal(const std::string& line) const {
    winsize size{};
    size.ws_col = 100;
    int master = -1;
    const pid_t shell = forkpty(&master, nullptr, nullptr, &size);
    if (shell == 0) {
      unsetenv("COLUMNS");
      if (chdir(folder_.c_str()) == 0) execlp("bash", "bash", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    std::string shown;
    char piece[4096];
    for (pollfd ready{master, POLLIN, 0}; poll(&ready, 1, 60'000) > 0;) {
      const ssize_t got = read(master, piece, sizeof piece);
      if (got <= 0) break;  // the shell has ended
      shown.append(piece, static_cast<size_t>(got));
    }
    kill(-shell, SIGKILL);
    int status = -1;
    waitpid(shell, &status, 0);
    close(master);
    EXPECT_EQ(status, 0) << line << "\n" << shown;
    return shown;
  }

  const std::string train_ =
      " train " + quoted_word(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/digits.yaml") +
      " --set fit.epochs=2 --run run";
};

const std::string kFullBar = [] {
  std::string bar = "\x1b[32m";
  for (int i = 0; i < 20; ++i) bar += "━";
  return bar + "\x1b[0m ";
}();
const auto kBar = AllOf(HasSubstr("Epoch 1/2\r\n"), HasSubstr("\r45/45 " + kFullBar),
                        HasSubstr("/step - accuracy: "), HasSubstr("\x1b[K\r\nEpoch 2/2\r\n"));
const auto kPlain = AllOf(HasSubstr("Epoch 1/2 - 45/45 - "), HasSubstr("/step - accuracy: "),
                          Not(HasSubstr("\x1b")), Not(HasSubstr("\r")));

TEST_F(TerminalTest, ShowsABar) { EXPECT_THAT(on_terminal(tutti_program() + train_), kBar); }

TEST_F(TerminalTest, IsSparedWhereOutputIsAFile) {
  EXPECT_THAT(shell("tutti" + train_).out, kPlain);
}

// Its ranks write to a terminal that mpirun made, wherever its own output goes.
TEST_F(TerminalTest, IsThatOfMpirun) {
  EXPECT_THAT(on_terminal(mpirun(2) + train_), kBar);
  EXPECT_THAT(shell(mpirun(2) + train_ + "2").out, kPlain);
  EXPECT_THAT(on_terminal(mpirun(2) + train_ + "3 >out; exit $?"), Not(HasSubstr("Epoch")));
  EXPECT_THAT(read_text(folder_ / "out"), kPlain);
  EXPECT_THAT(on_terminal(mpirun(2) + train_ + "4 | cat >out"), Not(HasSubstr("Epoch")));
  EXPECT_THAT(read_text(folder_ / "out"), kPlain);
}

}  // namespace
}  // namespace tutti::testing_support
