#include "scheduler/study/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/io/error_check.h"
#include "tests/scheduler/study/simulated_study.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

// The numbers 1, 2, 3, ... as long as they are at most `last`.
class CountingTuner final : public Tuner {
 public:
  explicit CountingTuner(int64_t last = 1000) : last_(last) {}
  std::optional<Suggestion> suggest(const Question& question) override {
    if (question.number >= last_) return {};
    return Suggestion{{{"x", static_cast<double>(question.number + 1)}, {"y", 0.5}}};
  }

 private:
  int64_t last_;
};

class ScriptedPruner final : public Pruner {
 public:
  Verdict judge(const StudyRecord&, const Trial&) override { return verdict; }
  std::optional<int64_t> promote(const StudyRecord& study) override {
    for (const Trial& trial : study.trials)
      if (promoting && trial.suspended()) return trial.number;
    return {};
  }
  Verdict verdict = Verdict::go_on;
  bool promoting = false;
};

SearchSpace plane() {
  SearchSpace space;
  space.add({"x", IntDistribution{.low = 1, .high = 1000}});
  space.add({"y", FloatDistribution{.low = 0, .high = 1}});
  return space;
}

class StudyTest : public testing::Test {
 protected:
  std::unique_ptr<Study> open(StudyOptions options = {}, std::shared_ptr<Pruner> pruner = nullptr,
                              int64_t last = 1000) const {
    return std::make_unique<Study>(path_, std::move(options), plane(),
                                   std::make_shared<CountingTuner>(last), std::move(pruner));
  }
  void append_as_another(const std::string& lines) const {
    FileSystem::current().append(path_, lines);
  }
  // Optuna's study.enqueue_trial.
  void enqueue(const nlohmann::json& values) const {
    Trial trial;
    trial.state = TrialState::waiting;
    trial.system_attributes["fixed_params"] = values;
    append_as_another(journal::create_trial(0, trial));
  }
  static const Trial& trial(const Study& study, size_t number) {
    return study.record().trials[number];
  }

  DataFolder folder_;
  std::filesystem::path path_ = folder_ / "journal.log";
};

TEST_F(StudyTest, AsksIsToldAndKnowsTheBest) {
  const auto study = open({.directions = {Direction::maximize}, .max_trials = 3});
  for (int64_t i = 0; i < 3; ++i) {
    const auto start = study->ask();
    ASSERT_TRUE(start);
    EXPECT_EQ(start->trial, i);
    EXPECT_FALSE(start->promoted);
    EXPECT_THAT(study->running(), ElementsAre(i));
    study->note(i, "seconds", 2.5);
    study->constrain(i, {i == 2 ? 0.1 : 0});
    EXPECT_TRUE(study->tell(i, TrialState::complete, {static_cast<double>(i)}));
    EXPECT_FALSE(study->tell(i, TrialState::failed)) << "it has ended";
  }
  EXPECT_EQ(study->best(), 1) << "the third is not feasible";
  EXPECT_EQ(trial(*study, 1).user_attributes.at("seconds"), 2.5);
  EXPECT_EQ(study->over(), "3 trials were begun (max_trials 3)");
  EXPECT_FALSE(study->ask());
}

TEST_F(StudyTest, ATunerWithNothingLeftEndsIt) {
  const auto study = open({}, nullptr, 1);
  EXPECT_TRUE(study->ask());
  EXPECT_FALSE(study->ask());
}

TEST_F(StudyTest, TakesWhatIsEnqueuedFirst) {
  const auto study = open({
      .enqueue = {{{"x", 7}}, {{"x", 8}, {"y", 0.25}}},
  });
  EXPECT_EQ(study->ask()->trial, 0);
  EXPECT_THAT(trial(*study, 0).point, ElementsAre(std::pair("x", 7.0), std::pair("y", 0.5)))
      << "the tuner gives what is not fixed";
  EXPECT_EQ(study->ask()->trial, 1);
  EXPECT_THAT(trial(*study, 1).point, ElementsAre(std::pair("x", 8.0), std::pair("y", 0.25)));
  EXPECT_EQ(study->ask()->trial, 2);
  enqueue({{"x", 9}});
  EXPECT_EQ(study->ask()->trial, 3);
  EXPECT_EQ(trial(*study, 3).point.at("x"), 9);
  EXPECT_EQ(trial(*study, 3).state, TrialState::running);
}

TEST_F(StudyTest, WhatTheSpaceHasNotIsEnqueuedInVain) {
  const auto study = open();
  enqueue({{"x", 5000}});
  enqueue({{"z", 1}});
  enqueue({{"x", {1, 2}}});
  testing::internal::CaptureStderr();
  const auto start = study->ask();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("[trial 1] that was enqueued fails: [enqueue] there is no "
                                 "hyperparameter 'z'"));
  EXPECT_EQ(start->trial, 3);
  for (size_t number = 0; number < 3; ++number) {
    EXPECT_EQ(trial(*study, number).state, TrialState::failed);
    EXPECT_TRUE(trial(*study, number).user_attributes.contains("failure"));
  }
}

TEST_F(StudyTest, TooManyFailuresEndIt) {
  const auto study = open({.max_failures = 1});
  for (int64_t i = 0; i < 2; ++i) {
    EXPECT_EQ(study->ask()->trial, i);
    study->tell(i, TrialState::failed);
  }
  EXPECT_FALSE(study->ask());
  EXPECT_EQ(study->over(), "2 trials failed (max_failures 1)");
}

TEST_F(StudyTest, AValueThatIsNoNumberIsAFailure) {
  const auto study = open();
  study->ask();
  study->report(0, 1, NAN);
  study->tell(0, TrialState::complete, {NAN});
  EXPECT_EQ(trial(*study, 0).state, TrialState::failed);
  EXPECT_TRUE(std::isnan(trial(*study, 0).intermediate.at(1)));
}

TEST_F(StudyTest, StopsAndPausesAsThePrunerSays) {
  const auto pruner = std::make_shared<ScriptedPruner>();
  auto study = open({}, pruner);
  for (int i = 0; i < 3; ++i) study->ask();
  EXPECT_EQ(study->report(0, 1, 0.5), Verdict::go_on);
  pruner->verdict = Verdict::stop;
  EXPECT_EQ(study->report(0, 1, 0.7), Verdict::go_on) << "that step is known";
  EXPECT_EQ(trial(*study, 0).intermediate.at(1), 0.5);
  EXPECT_EQ(study->report(0, 2, 0.25), Verdict::stop);
  EXPECT_EQ(trial(*study, 0).state, TrialState::pruned);
  EXPECT_THAT(trial(*study, 0).values, ElementsAre(0.25));
  EXPECT_EQ(study->report(0, 3, 0.25), Verdict::stop);
  pruner->verdict = Verdict::pause;
  EXPECT_EQ(study->report(1, 1, 0.5), Verdict::pause);
  EXPECT_EQ(study->report(2, 1, 0.5), Verdict::pause);
  EXPECT_THAT(study->running(), ElementsAre());
  EXPECT_TRUE(throws_with([&] { study->report(1, 2, 0.5); }, {"trial 1 does not run here"}));
  pruner->promoting = true;
  const auto start = study->ask();
  EXPECT_EQ(start->trial, 1);
  EXPECT_TRUE(start->promoted);
  EXPECT_THAT(study->running(), ElementsAre(1));
  study.reset();
  study = open({}, pruner);
  EXPECT_TRUE(trial(*study, 2).suspended()) << "it stays so when the study is opened again";
  EXPECT_THAT(study->running(), ElementsAre(1));
  study->tell(1, TrialState::complete, {1});
  study->end();
  EXPECT_EQ(trial(*study, 2).state, TrialState::pruned);
}

TEST_F(StudyTest, LeavesTrialsOfOtherProgramsToThem) {
  const auto study = open();
  std::string theirs = journal::create_trial(0, Trial());
  theirs.replace(theirs.find("tutti"), 5, "6f-12");
  append_as_another(theirs);
  EXPECT_EQ(study->ask()->trial, 1);
  EXPECT_THAT(study->running(), ElementsAre(1));
  EXPECT_TRUE(throws_with([&] { study->tell(0, TrialState::failed); }, {"does not run here"}));
}

TEST_F(StudyTest, GoesOnOnlyAsTheSameStudy) {
  open({.name = "a", .seed = 3, .enqueue = {{{"x", 7}}}})->ask();
  {
    const auto again = open({.name = "a", .seed = 3, .enqueue = {{{"x", 7}}, {{"x", 9}}}});
    EXPECT_EQ(again->record().trials.size(), 2u) << "enqueued once";
    EXPECT_THAT(again->running(), ElementsAre(0));
  }
  EXPECT_TRUE(throws_with([&] { open({.name = "a", .seed = 4}); }, {"study 'a' with seed 3"}));
  EXPECT_TRUE(
      throws_with([&] { open({.name = "a", .directions = {Direction::maximize}, .seed = 3}); },
                  {"with other objectives"}));
  SearchSpace other;
  other.add({"x", CategoricalDistribution{{"few", "many"}}});
  EXPECT_TRUE(throws_with([&] { Study(path_, {.name = "a"}, other, make<Tuner>("Random")); },
                          {"study 'a' whose 'x' is"}));
  EXPECT_EQ(open({.name = "b"})->ask()->trial, 0) << "a study of another name in the same file";
}

TEST_F(StudyTest, RefusesOptionsThatContradictThemselves) {
  EXPECT_TRUE(throws_with([&] { open({.directions = {}}); }, {"[study] has no objective"}));
  EXPECT_TRUE(throws_with(
      [&] {
        open({.directions = {Direction::minimize, Direction::minimize}});
      },
      {"2 objectives and its tuner serves 1"}));
  EXPECT_TRUE(throws_with([&] { open({.metrics = {"a", "b"}}); }, {"2 metrics for 1"}));
  EXPECT_TRUE(throws_with([&] { open({.enqueue = {{{"xx", 1}}}}); }, {"'xx', did you mean 'x'"}));
  EXPECT_TRUE(throws_with([&] { open({.enqueue = {{{"x", 0}}}}); }, {"[x]"}));
  EXPECT_TRUE(
      throws_with([&] { Study(path_, {}, SearchSpace(), std::make_shared<CountingTuner>()); },
                  {"[search space] is empty"}));
  EXPECT_FALSE(std::filesystem::exists(path_)) << "before a file is made";
}

}  // namespace
}  // namespace tutti
