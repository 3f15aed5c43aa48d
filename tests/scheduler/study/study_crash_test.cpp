// Studies that are killed anywhere and go on: they end with the same trials as one left alone.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "tests/io/checkpoint/memory_files.h"
#include "tests/io/error_check.h"
#include "tests/number_in_environment.h"
#include "tests/scheduler/study/simulated_study.h"

namespace tutti {
namespace {

using test::MemoryFiles;
using test::Simulation;

std::string summary_of(const std::filesystem::path& journal) {
  JournalReader reader(journal);
  EXPECT_EQ(reader.read(), "");
  return test::summary_of(reader.record().study(0).record);
}

std::vector<Simulation> simulations() {
  return {{.journal = "/j", .slots = 1, .pausing = false},
          {.journal = "/j", .slots = 3, .pausing = false},
          {.journal = "/j", .slots = 1, .pausing = true},
          {.journal = "/j", .slots = 3, .pausing = true}};
}

TEST(StudyCrash, AJournalCutAtAnyByteGoesOnToTheSameTrials) {
  std::mt19937_64 chance(testing_support::fault_seed(5));
  const uint64_t cuts = testing_support::fault_count(200);
  for (const Simulation& simulation : simulations()) {
    std::string journal, wanted;
    {
      MemoryFiles files;
      const Replace<FileSystem> replaced(files);
      simulation.run();
      journal = files.read("/j", 1 << 30);
      wanted = summary_of("/j");
    }
    for (uint64_t i = 0; i < cuts / 4; ++i) {
      const size_t length = chance() % (journal.size() + 1);
      MemoryFiles files;
      files.append("/j", journal.substr(0, length));
      const Replace<FileSystem> replaced(files);
      testing::internal::CaptureStderr();
      simulation.run();
      testing::internal::GetCapturedStderr();
      ASSERT_EQ(summary_of("/j"), wanted) << "cut after " << length << " bytes";
    }
  }
}

using Time = std::chrono::steady_clock;

// Runs it in a process of its own, which is killed after that time. Whether it came to its end.
bool run_killed(const Simulation& simulation, Time::duration after) {
  const auto end = Time::now() + after;
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);  // repairs are told, by the hundred
    dup2(nowhere, STDERR_FILENO);
    try {
      simulation.run();
    } catch (const std::exception&) {
      _exit(1);
    }
    _exit(0);
  }
  int status = -1;
  pid_t ended = 0;
  while ((ended = waitpid(child, &status, WNOHANG)) == 0 && Time::now() < end)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  if (ended == 0) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
  EXPECT_TRUE(WIFSIGNALED(status) || status == 0) << "it failed";
  return status == 0;
}

TEST(StudyCrash, AStudyKilledAnyMomentGoesOnToTheSameTrials) {
  const DataFolder folder;
  std::mt19937_64 chance(testing_support::fault_seed(6));
  const uint64_t wanted_kills = testing_support::fault_count(200) / 4;
  for (Simulation simulation : simulations()) {
    simulation.journal = folder / "alone";
    auto whole = Time::duration::max();
    for (int i = 0; i < 3; ++i) {
      std::filesystem::remove(simulation.journal);
      const auto begin = Time::now();
      simulation.run();
      whole = std::min(whole, Time::now() - begin);
    }
    const std::string wanted = summary_of(simulation.journal);
    simulation.journal = folder / "killed";
    uint64_t kills = 0;
    const auto deadline = Time::now() + std::chrono::seconds(30);
    do {
      // Longer and longer, so that a machine that has become slow gets there, too.
      for (auto most = whole;; ++kills, most += whole / 10) {
        const auto after = chance() % static_cast<uint64_t>(most.count());
        if (run_killed(simulation, Time::duration(after))) break;
      }
      ASSERT_EQ(summary_of(simulation.journal), wanted) << "after " << kills << " kills";
      std::filesystem::remove(simulation.journal);
    } while (kills < wanted_kills && Time::now() < deadline);
    EXPECT_GT(kills, 0u);
    std::filesystem::remove(folder / "alone");
  }
}

TEST(StudyCrash, APowerFailureTakesNothingThatWasSynced) {
  test::SleptClock clock;
  const Replace<Clock> slept(clock);
  MemoryFiles files;
  std::vector<std::pair<size_t, size_t>> synced;  // after so many operations: trials that ended
  std::string wanted;
  Simulation simulation{.journal = "/j", .slots = 2, .trials = 12};
  {
    const Replace<FileSystem> replaced(files);
    simulation.after = [&](Study& study) {
      study.sync();
      synced.emplace_back(files.operations(), study.record().finished.size());
    };
    simulation.run();
    wanted = summary_of("/j");
  }
  simulation.after = [](Study&) {};
  std::mt19937_64 chance(testing_support::fault_seed(8));
  for (uint64_t i = 0; i < testing_support::fault_count(200); ++i) {
    const size_t count = chance() % (files.operations() + 1);
    size_t kept = 0;
    for (const auto& [operations, ended] : synced)
      if (operations <= count) kept = ended;
    MemoryFiles disk(files.crashed(count, chance));
    const Replace<FileSystem> replaced(disk);
    testing::internal::CaptureStderr();
    if (kept > 0) {
      JournalReader reader("/j");
      reader.read();
      EXPECT_GE(reader.record().study(0).record.finished.size(), kept);
    }
    simulation.run();
    testing::internal::GetCapturedStderr();
    ASSERT_EQ(summary_of("/j"), wanted) << "a failure after " << count << " operations";
  }
}

// Feeds what a journal holds of results, in its order, to a study that begins afresh.
void replay(const std::string& journal, const Simulation& simulation) {
  const auto study = simulation.open();
  std::istringstream lines(journal);
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    JournalReader now(simulation.journal);
    now.read();
    if (number <= now.record().lines()) continue;  // it was decided
    const auto json = parse_journal_line(line, "journal");
    const auto op = static_cast<JournalOp>(json["op_code"].get<int>());
    const int64_t trial = json.value("trial_id", int64_t{-1});
    const auto state = static_cast<TrialState>(json.value("state", 0));
    if (op == JournalOp::intermediate)
      study->report(trial, json["step"], json["intermediate_value"]);
    else if (op == JournalOp::state && state == TrialState::complete)
      study->tell(trial, state, json["values"]);
    else if (op == JournalOp::state && state == TrialState::failed)
      study->tell(trial, state);
    else if (op == JournalOp::state && state == TrialState::pruned)
      study->end();
    else
      study->ask();
  }
}

TEST(StudyCrash, AJournalsResultsInItsOrderGiveItsDecisions) {
  for (const Simulation& simulation : simulations()) {
    std::string journal, wanted;
    {
      MemoryFiles files;
      const Replace<FileSystem> replaced(files);
      simulation.run();
      journal = files.read("/j", 1 << 30);
      wanted = summary_of("/j");
    }
    MemoryFiles files;
    const Replace<FileSystem> replaced(files);
    replay(journal, simulation);
    EXPECT_EQ(summary_of("/j"), wanted);
  }
}

}  // namespace
}  // namespace tutti
