#include "scheduler/study/journal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/io/checkpoint/memory_files.h"
#include "tests/io/error_check.h"
#include "tests/scheduler/study/simulated_study.h"

namespace tutti {
namespace {

using test::MemoryFiles;
using test::SleptClock;

const std::string kNewStudy = journal::create_study("a", {Direction::minimize});
std::string trial_line() { return journal::create_trial(0, Trial()); }

size_t trials_of(const JournalRecord& record) { return record.study(0).record.trials.size(); }

std::string content(const std::filesystem::path& path) { return FileSystem::current().read(path); }

// Appends as Optuna does: lock, write, unlock.
void append_as_another(const std::filesystem::path& path, const std::string& lines) {
  JournalLock lock(path, path);
  lock.acquire();
  FileSystem::current().append(path, lines);
  lock.release();
}

TEST(Journal, KeepsLinesAndReadsThoseOfOthers) {
  const DataFolder folder;
  const auto path = folder / "j";
  {
    Journal journal(path);
    EXPECT_EQ(content(path), "");
    journal.together([&] {
      journal.append(kNewStudy);
      journal.append(trial_line());
      EXPECT_TRUE(std::filesystem::is_symlink(folder / "j.lock"));
      EXPECT_EQ(trials_of(journal.record()), 1u);
      EXPECT_EQ(content(path), "") << "lines are written together";
    });
    EXPECT_FALSE(std::filesystem::is_symlink(folder / "j.lock"));
    EXPECT_EQ(content(path), kNewStudy + trial_line());
    append_as_another(path, trial_line());
    journal.poll();
    EXPECT_EQ(trials_of(journal.record()), 2u);
    append_as_another(path, trial_line());
    journal.together([&] {
      EXPECT_EQ(trials_of(journal.record()), 3u) << "before anything is appended";
      journal.append(trial_line());
    });
  }
  JournalReader reader(path);
  EXPECT_EQ(reader.read(), "");
  EXPECT_EQ(trials_of(reader.record()), 4u);
  FileSystem::current().append(path, "{\"op_code\":4");
  EXPECT_EQ(reader.read(), "{\"op_code\":4");
  EXPECT_EQ(reader.record().lines(), 5);
  FileSystem::current().truncate(path, 3);
  EXPECT_TRUE(throws_with([&] { reader.read(); }, {"/j] was cut from"}));
}

TEST(Journal, RepairsALineThatIsCutAtAnyByte) {
  const DataFolder folder;
  const std::string whole = kNewStudy + trial_line(), last = journal::intermediate(0, 1, 0.5);
  for (size_t length = 0; length <= (whole + last).size(); ++length) {
    const auto path = folder.write("j", (whole + last).substr(0, length));
    testing::internal::CaptureStderr();
    { Journal journal(path); }
    testing::internal::GetCapturedStderr();
    const size_t kept = length == (whole + last).size() ? length
                        : length >= whole.size()        ? whole.size()
                        : length >= kNewStudy.size()    ? kNewStudy.size()
                                                        : 0;
    EXPECT_EQ(content(path), (whole + last).substr(0, kept)) << length;
  }
  // What a power failure leaves.
  const auto path = folder.write("j", whole + std::string(40, '\0'));
  { Journal journal(path); }
  EXPECT_EQ(content(path), whole);
}

TEST(Journal, LeavesWhatIsNoJournalAlone) {
  const DataFolder folder;
  for (const std::string text : {"hello", "hello\n", "{\"a\":1}\n", "{\"a\": 1}", "SQLite format 3",
                                 "{\"op_code\":99}\n", "\n"}) {
    const auto path = folder.write("j", text);
    EXPECT_TRUE(throws_with([&] { Journal journal(path); }, {"/j"})) << text;
    EXPECT_EQ(content(path), text);
    EXPECT_EQ(FileSystem::current().list(folder.path()), std::vector<std::string>{"j"});
  }
  EXPECT_TRUE(throws_with([&] { Journal journal(folder.path()); }, {"]"}));
}

TEST(Journal, IsOneProcessesAtATime) {
  const DataFolder folder;
  const auto path = folder / "j";
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = fork();
  if (child == 0) {
    Journal journal(path);
    char byte = 'r';
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_TRUE(throws_with([&] { Journal journal(path); },
                          {"j.coordinator] is in use by process " + std::to_string(child)}));
  ASSERT_EQ(write(done[1], "d", 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  Journal journal(path);
  for (const int end : {ready[0], ready[1], done[0], done[1]}) close(end);
}

TEST(JournalLock, WaitsForItsHolder) {
  const DataFolder folder;
  const auto path = folder.write("j", "");
  std::filesystem::create_symlink("j", folder / "j.lock");
  std::atomic<bool> released{false};
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    released = true;
    std::filesystem::remove(folder / "j.lock");
  });
  JournalLock lock(path, "holder");
  lock.acquire();
  EXPECT_TRUE(released);
  EXPECT_EQ(std::filesystem::read_symlink(folder / "j.lock"), "holder");
  lock.release();
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "j.lock"));
  other.join();
}

TEST(JournalLock, RemovesOneThatIsHeldFor30SecondsWithoutAWrite) {
  SleptClock clock;
  const Replace<Clock> replaced(clock);
  const DataFolder folder;
  const auto path = folder.write("j", "");
  folder.write("j.lock", "");  // Optuna's JournalFileOpenLock
  JournalLock lock(path, "holder");
  testing::internal::CaptureStderr();
  lock.acquire();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("nobody has released it for 30 s"),
            std::string::npos);
  EXPECT_GT(clock.now(), std::chrono::seconds(30));
  EXPECT_LT(clock.now(), std::chrono::seconds(31));
  lock.release();
}

TEST(Journal, TakesBackTheLockThatItsOwnCrashLeft) {
  SleptClock clock;
  const Replace<Clock> replaced(clock);
  const DataFolder folder;
  const auto path = folder.write("j", kNewStudy);
  std::filesystem::create_symlink("j.coordinator", folder / "j.lock");
  Journal journal(path);
  EXPECT_LT(clock.now(), std::chrono::seconds(1));
}

TEST(Journal, SyncsWithinASecondAndOnRequest) {
  SleptClock clock;
  const Replace<Clock> replaced_clock(clock);
  MemoryFiles files;
  const Replace<FileSystem> replaced(files);
  int syncs = 0;
  files.before = [&](const std::string& what, auto& path) {
    if (what == "sync" && path == "/j") ++syncs;
  };
  Journal journal("/j");
  journal.together([&] { journal.append(kNewStudy); });
  journal.poll();
  EXPECT_EQ(syncs, 0);
  clock.sleep_for(std::chrono::seconds(1));
  journal.poll();
  EXPECT_EQ(syncs, 1);
  journal.poll();
  journal.sync();
  EXPECT_EQ(syncs, 1) << "nothing was appended since";
  journal.together([&] { journal.append(trial_line()); });
  journal.sync();
  EXPECT_EQ(syncs, 2);
}

TEST(Journal, LetsOthersInBetweenLongDecisions) {
  SleptClock clock;
  const Replace<Clock> replaced(clock);
  const DataFolder folder;
  const auto path = folder / "j";
  Journal journal(path);
  journal.together([&] {
    journal.append(kNewStudy);
    journal.breathe();
    EXPECT_EQ(content(path), "");
    clock.sleep_for(std::chrono::seconds(1));
    journal.breathe();
    EXPECT_EQ(content(path), kNewStudy);
    journal.append(trial_line());
  });
  EXPECT_EQ(content(path), kNewStudy + trial_line());
}

// Every operation on the disk fails once: one clear line, and what is in the file is whole.
TEST(Journal, AFailingDiskLeavesAWholeJournal) {
  bool failed = true;
  for (int failing = 0; failed; ++failing) {
    ASSERT_LT(failing, 100);
    MemoryFiles files;
    const Replace<FileSystem> replaced(files);
    int operation = 0;
    failed = false;
    files.before = [&](const std::string& what, auto& path) {
      if (operation++ != failing) return;
      failed = true;
      fail(ExitCode::io, path.string(), "cannot {}: the disk is full; free some space", what);
    };
    size_t told = 0;  // trials that a user was told of
    std::string message;
    try {
      Journal journal("/j");
      journal.together([&] { journal.append(kNewStudy); });
      for (; told < 3; ++told) try {
          journal.together([&] { journal.append(trial_line()); });
          journal.sync();
        } catch (const Error&) {  // all that is done with it later fails as well
          EXPECT_TRUE(throws_with([&] { journal.together([] {}); }, {"the disk is full"}));
          EXPECT_TRUE(throws_with([&] { journal.poll(); }, {"the disk is full"}));
          throw;
        }
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_EQ(message.find("the disk is full") != std::string::npos, failed) << message;
    if (!files.exists("/j")) continue;
    files.before = [](auto&, auto&) {};
    Journal again("/j");
    EXPECT_GE(again.record().find("a") ? trials_of(again.record()) : 0, told);
    const auto text = content("/j");
    EXPECT_TRUE(text.empty() || text.back() == '\n');
  }
}

TEST(Journal, SeesWhoDoesNotHeedTheLock) {
  const DataFolder folder;
  const auto path = folder / "j";
  Journal journal(path);
  journal.together([&] { journal.append(kNewStudy); });
  EXPECT_TRUE(throws_with(
      [&] {
        journal.together([&] {
          journal.append(trial_line());
          FileSystem::current().append(path, trial_line());
        });
      },
      {"/j] was written by a program that did not heed its lock"}));
  EXPECT_EQ(content(path), kNewStudy + trial_line()) << "the other's is kept";
}

}  // namespace
}  // namespace tutti
