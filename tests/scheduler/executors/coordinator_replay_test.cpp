// Every registered tuner and pruner under a coordinator: what a journal holds of results decides
// what it holds of decisions.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <sstream>

#include "scheduler/executors/coordinator.h"
#include "tests/io/checkpoint/memory_files.h"
#include "tests/number_in_environment.h"
#include "tests/scheduler/executors/virtual_executor.h"
#include "tests/scheduler/pruners/registered_pruners.h"

namespace tutti::test {
namespace {

using Cause = ExecutionEnd::Cause;

constexpr int64_t kTrials = 24;

struct Advisers {
  std::string name, tuner;
  std::optional<Config> pruner;
};
void PrintTo(const Advisers& advisers, std::ostream* out) { *out << advisers.name; }

// Each tuner with a pruner that pauses, each pruner with a tuner that learns.
std::vector<Advisers> all_advisers() {
  std::vector<Advisers> all;
  const Config::Map halving{{"min_resource", 1},
                            {"reduction_factor", 2},
                            {"promotion", true},
                            {"max_resource", VirtualExecutor::kEpochs}};
  for (const KindInfo* kind : kinds_of(Tuner::category)) {
    const bool forks = kind->name == "PBT";  // from complete trials
    all.push_back({"tuner_" + kind->name, kind->name,
                   forks ? std::nullopt : std::optional(Config(Config::Map{{"ASHA", halving}}))});
  }
  for (const auto& example : examples_of_pruners())
    all.push_back({"pruner_" + example.name, "TPE", example.pruner});
  return all;
}

// Takes what a journal holds of results, each when it is the next line, and frees a slot no sooner
// than the journal fills it.
class ReplayExecutor final : public Executor {
 public:
  ReplayExecutor(const std::string& journal, int slots, const std::filesystem::path& replayed)
      : slots_(slots), replayed_(replayed) {
    std::istringstream lines(journal);
    for (std::string line; std::getline(lines, line);)
      lines_.push_back(parse_journal_line(line, "journal"));
  }

  int slots() const override { return slots_; }
  void set_slots(int slots) override { slots_ = slots; }
  void start(const Trial& trial, int64_t) override { running_.insert(trial.number); }
  void stop(int64_t) override {}
  void wait(Watcher& watcher, Clock::Duration) override {
    Clock::current().sleep_for(std::chrono::seconds(2));
    replayed_.read();
    const auto next = static_cast<size_t>(replayed_.record().lines());
    if (running_.empty()) return;  // what was killed is begun again
    if (next < lines_.size() && take(watcher, lines_[next])) return;
    if (ending_.empty())
      throw std::runtime_error(
          fmt::format("line {} of the journal is no result, and was not decided", next + 1));
    const int64_t number = ending_.front();
    ending_.pop_front();
    end(watcher, number, {Cause::stopped, "asked to"});
  }

 private:
  // False: it is a decision.
  bool take(Watcher& watcher, const nlohmann::json& line) {
    const auto op = static_cast<JournalOp>(line["op_code"].get<int>());
    const int64_t number = line.value("trial_id", int64_t{-1});
    const bool complete =
        op == JournalOp::state && line["state"] == static_cast<int>(TrialState::complete);
    if (op != JournalOp::intermediate && op != JournalOp::user_attribute && !complete) return false;
    // It was promoted before it had ended.
    if (const auto at = std::find(ending_.begin(), ending_.end(), number); at != ending_.end()) {
      ending_.erase(at);
      return end(watcher, number, {Cause::stopped, "asked to"});
    }
    if (op == JournalOp::intermediate) {
      if (watcher.report(number, line["step"], line["intermediate_value"]) != Verdict::go_on)
        ending_.push_back(number);
      return true;
    }
    if (op == JournalOp::user_attribute && line["user_attr"].contains("retries"))
      return end(watcher, number, {Cause::killed, "killed"});
    if (op == JournalOp::user_attribute)
      return end(watcher, number, {Cause::diverged, line["user_attr"]["failure"]});
    return end(watcher, number, {Cause::complete, "", line["values"]});
  }
  bool end(Watcher& watcher, int64_t number, const ExecutionEnd& how) {
    EXPECT_EQ(running_.erase(number), 1u) << "trial " << number << " does not run";
    watcher.ended(number, how);
    return true;
  }

  int slots_;
  JournalReader replayed_;
  std::vector<nlohmann::json> lines_;
  std::set<int64_t> running_;
  std::deque<int64_t> ending_;  // told to end
};

class Replay : public testing::TestWithParam<Advisers> {
 protected:
  static std::unique_ptr<Study> open(const std::string& path) {
    const Advisers& advisers = GetParam();
    return std::make_unique<Study>(
        path, StudyOptions{.name = "virtual", .seed = 5, .max_trials = kTrials}, simulated_space(),
        make<Tuner>(advisers.tuner), advisers.pruner ? make<Pruner>(*advisers.pruner) : nullptr);
  }
  // True: to its end.
  static bool conduct(const std::string& path, Executor& executor) {
    const auto study = open(path);
    SweepWatch nobody;
    return Coordinator(*study, executor, {}, nobody).run();
  }
  static std::string made(const std::string& path, int slots) {
    VirtualExecutor executor(slots);
    EXPECT_TRUE(conduct(path, executor));
    return FileSystem::current().read(path, uint64_t{1} << 30);
  }

  SleptClock clock_;
  Replace<Clock> use_clock_{clock_};
  MemoryFiles files_;
  Replace<FileSystem> use_files_{files_};
};

TEST_P(Replay, AJournalsResultsInItsOrderGiveItsDecisions) {
  const std::string journal = made("/made", 3);
  ReplayExecutor executor(journal, 3, "/replayed");
  ASSERT_TRUE(conduct("/replayed", executor));
  std::istringstream wanted(journal), found(files_.read("/replayed", uint64_t{1} << 30));
  std::string line, other;
  for (int number = 1; std::getline(wanted, line); ++number) {
    ASSERT_TRUE(std::getline(found, other)) << "it ends before line " << number << ", " << line;
    ASSERT_EQ(other, line) << "line " << number;
  }
  EXPECT_FALSE(std::getline(found, other)) << "it goes on: " << other;
}

TEST_P(Replay, KilledAtAnyTurnsItDecidesTheSame) {
  const auto summary = [](const std::string& path) {
    JournalReader reader(path);
    EXPECT_EQ(reader.read(), "");
    return summary_of(reader.record().study(0).record);
  };
  made("/alone", 1);
  const std::string wanted = summary("/alone");
  std::mt19937_64 chance(testing_support::fault_seed(10));
  const uint64_t enough = testing_support::fault_count(200) / all_advisers().size() + 1;
  for (uint64_t kills = 0, pass = 0; kills < enough; ++pass) {
    const std::string path = fmt::format("/killed_{}", pass);
    for (bool over = false; !over;) {
      VirtualExecutor executor(1, chance() % 60);
      try {
        over = conduct(path, executor);
      } catch (const Killed&) {
        ASSERT_LT(++kills, enough + 200);
      }
    }
    ASSERT_EQ(summary(path), wanted) << "after " << kills << " kills";
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, Replay, testing::ValuesIn(all_advisers()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tutti::test
