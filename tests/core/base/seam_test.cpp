// The seams, what is behind them, and what a test can put in their place; hashes and logs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/network.h"

namespace tutti {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <typename Call>
std::string message_of(const Call& call, ExitCode code) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "nothing was thrown";
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tutti_seam_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class StoppedClock final : public Clock {
 public:
  Duration now() override { return now_; }
  milliseconds unix_time() override { return milliseconds(1769850300250); }
  void sleep_for(Duration duration) override { now_ += duration; }

 private:
  Duration now_{0};
};

TEST(clock, is_replaced_for_a_scope) {
  StoppedClock stopped;
  {
    Replace<Clock> replaced(stopped);
    Clock::current().sleep_for(std::chrono::hours(1));
    EXPECT_EQ(seconds_of(Clock::current().now()), 3600);
    EXPECT_EQ(utc_text(Clock::current().unix_time()), "2026-01-31T09:05:00.250Z");
  }
  const auto before = Clock::current().now();
  Clock::current().sleep_for(milliseconds(2));
  EXPECT_GE(Clock::current().now() - before, milliseconds(2));
  EXPECT_EQ(&Clock::current(), &Clock::real());
  EXPECT_GT(Clock::current().unix_time(), milliseconds(1769850300250));
}

TEST(filesystem, reads_and_writes) {
  const TemporaryFolder folder;
  FileSystem& files = FileSystem::current();
  const std::string text("one\0two\n", 8);
  files.write_atomically(folder / "a", "old");
  files.write_atomically(folder / "a", text);
  EXPECT_EQ(files.read(folder / "a"), text);
  EXPECT_EQ(files.read(folder / "a", 8), text);
  files.append(folder / "b", "x,");
  files.append(folder / "b", "y");
  EXPECT_EQ(files.read(folder / "b"), "x,y");
  files.make_directories(folder / "c/d");
  files.make_directories(folder / "c/d");
  EXPECT_THAT(files.list(folder.path()), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(files.exists(folder / "c/d"));
  files.remove(folder / "c");
  files.remove(folder / "c");
  EXPECT_FALSE(files.exists(folder / "c/d"));
  EXPECT_THAT(files.read("/proc/self/status"), HasSubstr("Pid:"));  // its size reads as 0
}

TEST(filesystem, refuses_clearly) {
  const TemporaryFolder folder;
  FileSystem& files = FileSystem::current();
  const std::string missing = message_of([&] { files.read(folder / "none"); }, ExitCode::data);
  EXPECT_THAT(missing, HasSubstr((folder / "none").string()));
  EXPECT_THAT(missing, HasSubstr("check the path"));
  EXPECT_THAT(message_of([&] { files.read(folder.path()); }, ExitCode::data),
              HasSubstr("is not a file"));
  files.write_atomically(folder / "nine", "123456789");
  EXPECT_THAT(message_of([&] { files.read(folder / "nine", 8); }, ExitCode::data),
              HasSubstr("larger than 8 bytes"));
  EXPECT_THAT(message_of([&] { files.read("/dev/zero", 1 << 20); }, ExitCode::data),
              HasSubstr("is not a file"));
  EXPECT_THAT(message_of([&] { files.list(folder / "none"); }, ExitCode::data),
              HasSubstr("cannot list"));
  EXPECT_THAT(message_of([&] { files.write_atomically(folder / "x/y", ""); }, ExitCode::io),
              HasSubstr("x/y] cannot write"));
  // A failed write leaves nothing behind.
  files.make_directories(folder / "taken");
  EXPECT_THAT(message_of([&] { files.write_atomically(folder / "taken", ""); }, ExitCode::io),
              HasSubstr("cannot replace"));
  EXPECT_THAT(files.list(folder.path()), ElementsAre("nine", "taken"));
}

TEST(filesystem, extends_a_file_that_others_extend_too) {
  const TemporaryFolder folder;
  FileSystem& files = FileSystem::current();
  const auto one = files.extend(folder / "f"), other = files.extend(folder / "f");
  one->write("a");
  other->write("b");
  one->write("c");
  one->sync();
  EXPECT_EQ(files.read(folder / "f"), "abc");
  EXPECT_THAT(message_of([&] { files.extend(folder / "none/f"); }, ExitCode::io),
              HasSubstr("none/f] cannot write"));
}

TEST(filesystem, makes_a_link_only_where_nothing_is) {
  const TemporaryFolder folder;
  FileSystem& files = FileSystem::current();
  EXPECT_EQ(files.link_target(folder / "link"), "");
  EXPECT_TRUE(files.make_link(folder / "link", "mine"));
  EXPECT_FALSE(files.make_link(folder / "link", "another's"));
  EXPECT_EQ(files.link_target(folder / "link"), "mine");
  files.remove(folder / "link");
  files.write_atomically(folder / "link", "a file");
  EXPECT_FALSE(files.make_link(folder / "link", "mine"));
  EXPECT_EQ(files.link_target(folder / "link"), "");
  EXPECT_THAT(message_of([&] { files.make_link(folder / "none/link", "mine"); }, ExitCode::io),
              HasSubstr("none/link] cannot make the link"));
}

// A reader never sees a mixture, however the writer is timed.
TEST(filesystem, writes_are_atomic) {
  const TemporaryFolder folder;
  FileSystem& files = FileSystem::current();
  const std::string a(100000, 'a'), b(50000, 'b');
  files.write_atomically(folder / "f", a);
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) files.write_atomically(folder / "f", i % 2 ? a : b);
  });
  for (int i = 0; i < 200; ++i) {
    const std::string seen = files.read(folder / "f");
    EXPECT_TRUE(seen == a || seen == b);
  }
  writer.join();
}

TEST(filesystem, locks_a_directory_against_other_processes) {
  const TemporaryFolder folder;
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = FileSystem::current().lock(folder.path());
    char byte = 'r';
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    _exit(0);  // without unlocking: the system does
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const std::string message =
      message_of([&] { FileSystem::current().lock(folder.path()); }, ExitCode::io);
  EXPECT_THAT(message, HasSubstr("in use by process " + std::to_string(child)));
  ASSERT_EQ(write(done[1], "d", 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  { const auto lock = FileSystem::current().lock(folder.path()); }
  const auto again = FileSystem::current().lock(folder.path());
  EXPECT_NE(again, nullptr);
  for (const int end : {ready[0], ready[1], done[0], done[1]}) close(end);
}

TEST(network, carries_bytes_both_ways) {
  auto listener = Network::current().listen("127.0.0.1", 0);
  ASSERT_GT(listener->port(), 0);
  EXPECT_EQ(listener->accept(milliseconds(1)), nullptr);
  std::string large(3 << 20, 'x'), received(3 << 20, ' ');
  std::thread client([&] {
    auto connection = Network::current().connect("localhost", listener->port(), milliseconds(5000));
    connection->send(large.data(), large.size(), milliseconds(5000));
    char reply[2];
    connection->receive(reply, 2, milliseconds(5000));
    EXPECT_EQ(std::string(reply, 2), "ok");
  });
  auto connection = listener->accept(milliseconds(5000));
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(connection->peer(), HasSubstr("127.0.0.1:"));
  connection->receive(received.data(), received.size(), milliseconds(5000));
  EXPECT_EQ(received, large);
  connection->send("ok", 2, milliseconds(5000));
  client.join();
  char byte;
  EXPECT_THAT(message_of([&] { connection->receive(&byte, 1, milliseconds(5000)); },
                         ExitCode::communication),
              HasSubstr("closed the connection"));
}

TEST(network, waits_have_deadlines) {
  auto listener = Network::current().listen("127.0.0.1", 0);
  auto connection = Network::current().connect("127.0.0.1", listener->port(), milliseconds(1000));
  char byte;
  EXPECT_THAT(
      message_of([&] { connection->receive(&byte, 1, milliseconds(5)); }, ExitCode::communication),
      HasSubstr("within 5 ms"));
  const int port = listener->port();
  listener.reset();
  EXPECT_THAT(message_of([&] { Network::current().connect("127.0.0.1", port, milliseconds(1000)); },
                         ExitCode::communication),
              HasSubstr("127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(Network::current().host_name(), testing::Not(IsEmpty()));
}

// The value of XXH3_64bits over nothing is in its specification.
TEST(hash, is_xxh3_and_streams) {
  EXPECT_EQ(hex16(hash64("", 0)), "2d06800538d394c2");
  EXPECT_EQ(hex16(0x1), "0000000000000001");
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 7);
  for (const size_t piece : {1, 3, 64, 1000, 5000}) {
    Hasher hasher;
    for (size_t at = 0; at < text.size(); at += piece)
      hasher.update(text.data() + at, std::min(piece, text.size() - at));
    EXPECT_EQ(hasher.digest(), hash64(text.data(), text.size())) << piece;
  }
  EXPECT_NE(hash64("a", 1), hash64("b", 1));
}

TEST(log, goes_to_file_and_terminal_by_rank_and_level) {
  const TemporaryFolder folder;
  testing::internal::CaptureStderr();
  set_log_file(folder / "run.log");
  log_info("epoch {}", 1);
  set_log_rank(3);
  log_warn("only in the file {}", 2);
  log_error("from everyone");
  set_log_rank(0);
  set_terminal_level(LogLevel::warn);
  log_info("quiet");
  set_terminal_level(LogLevel::info);
  set_log_file("");
  log_info("after");
  const std::string terminal = testing::internal::GetCapturedStderr();
  EXPECT_EQ(terminal, "info: epoch 1\nerror: from everyone\ninfo: after\n");
  const std::string file = FileSystem::current().read(folder / "run.log");
  EXPECT_THAT(file, HasSubstr("rank 0 info epoch 1\n"));
  EXPECT_THAT(file, HasSubstr("rank 3 warning only in the file 2\n"));
  EXPECT_THAT(file, HasSubstr("quiet"));
  EXPECT_THAT(file, testing::Not(HasSubstr("after")));
  EXPECT_THAT(message_of([&] { set_log_file(folder.path()); }, ExitCode::io),
              HasSubstr("cannot write the log"));
}

}  // namespace
}  // namespace tutti
