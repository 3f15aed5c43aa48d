// What every registered tuner of one objective must keep, whatever trials there are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "scheduler/tuners/tuner.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti::test {
namespace {

constexpr int64_t kTrials = 40;

SearchSpace numbers() {
  SearchSpace space;
  space.add({"x", FloatDistribution{-5, 10}});
  space.add({"rate", FloatDistribution{1e-5, 1e-1, true}});
  return space;
}

SearchSpace mixed() {
  SearchSpace space;
  space.add({"layers", IntDistribution{1, 3}});
  space.add({"units_0", IntDistribution{32, 512, 32}});
  space.add({"units_1", IntDistribution{32, 512, 32}, {{"layers", {Config(2), Config(3)}}}});
  space.add({"units_2", IntDistribution{32, 512, 32}, {{"layers", {Config(3)}}}});
  space.add({"batch", IntDistribution{1, 256, 1, true}});
  space.add({"drop", FloatDistribution{0, 0.5, false, 0.1}});
  space.add({"optimizer", CategoricalDistribution{{Config("SGD"), Config("Adam"), Config()}}});
  space.add({"momentum", FloatDistribution{0, 1}, {{"optimizer", {Config("SGD")}}}});
  return space;
}

SearchSpace one_point() {
  SearchSpace space;
  space.add({"x", FloatDistribution{2, 2}});
  space.add({"n", IntDistribution{3, 5, 4}});
  space.add({"rate", FloatDistribution{0.1, 0.1, true}});
  space.add({"c", CategoricalDistribution{{Config("only")}}});
  return space;
}

SearchSpace almost_one_point() {
  SearchSpace space = one_point();
  space.add({"y", FloatDistribution{0, 1}});
  return space;
}

struct Called {
  std::string name;
  SearchSpace (*space)();
};
std::vector<Called> spaces() {
  return {{"numbers", numbers},
          {"mixed", mixed},
          {"one_point", one_point},
          {"almost_one_point", almost_one_point}};
}

double loss_at(const Point& point) {
  double loss = 0;
  for (const auto& [name, number] : point) loss += std::abs(number - 3) / (3 + std::abs(number));
  return loss;
}

// Every way in which a trial may end or be under way.
Trial played(int64_t number, Point point) {
  const double loss = loss_at(point);
  switch (number % 8) {
    case 1:
      return trial_of(number, TrialState::failed, point);
    case 2: {
      Trial trial = trial_of(number, TrialState::pruned, point, {loss});
      trial.intermediate = {{1, 2 * loss}, {number % 3 + 2, loss}};
      return trial;
    }
    case 3:
      return trial_of(number, TrialState::running, point);
    case 4: {
      Trial trial = trial_of(number, TrialState::complete, point, {loss / 10});
      trial.system_attributes["constraints"] = std::vector<double>{-1, loss};
      return trial;
    }
    case 5:
      return trial_of(number, TrialState::complete, point, {std::nan("")});
    case 6:
      return trial_of(number, TrialState::pruned, point);
    default:
      return trial_of(number, TrialState::complete, point, {loss});
  }
}

class Tuners : public testing::TestWithParam<std::tuple<std::string, size_t>> {
 protected:
  std::shared_ptr<Tuner> fresh() const { return make<Tuner>(std::get<0>(GetParam())); }
  SearchSpace space() const { return spaces()[std::get<1>(GetParam())].space(); }

  // The trials of a study that one object advises, until it has nothing left to try.
  StudyRecord play(Tuner& tuner, uint64_t seed, const StudyRecord& from = study_of(),
                   Trial (*result)(int64_t, Point) = played) const {
    const SearchSpace searched = space();
    StudyRecord study = from;
    for (auto number = static_cast<int64_t>(study.trials.size()); number < kTrials; ++number) {
      const auto suggestion = tuner.suggest({searched, study, number, seed});
      if (!suggestion) break;
      EXPECT_EQ(searched.fault_of(suggestion->point), "") << "trial " << number;
      if (suggestion->parent) {
        EXPECT_EQ(study.trials.at(static_cast<size_t>(*suggestion->parent)).state,
                  TrialState::complete);
      }
      study.trials.push_back(result(number, suggestion->point));
      if (is_finished(study.trials.back().state)) study.finished.push_back(number);
    }
    return study;
  }
};

std::vector<Point> points_of(const StudyRecord& study) {
  std::vector<Point> points;
  for (const auto& trial : study.trials) points.push_back(trial.point);
  return points;
}

TEST_P(Tuners, DecideFromTheRecordAndTheSeedAlone) {
  const auto tuner = fresh();
  const StudyRecord study = play(*tuner, 1);
  ASSERT_FALSE(study.trials.empty());
  const SearchSpace searched = space();
  for (size_t i = 0; i < study.trials.size(); ++i) {  // a new object in the middle of the study
    StudyRecord before = study;
    before.trials.resize(i);
    std::erase_if(before.finished,
                  [&](int64_t number) { return number >= static_cast<int64_t>(i); });
    const auto suggestion = fresh()->suggest({searched, before, static_cast<int64_t>(i), 1});
    ASSERT_TRUE(suggestion);
    EXPECT_EQ(suggestion->point, study.trials[i].point) << "trial " << i;
  }
  // An object that knows another study and seed.
  EXPECT_EQ(points_of(play(*tuner, 1)), points_of(study));
  play(*tuner, 2);
  EXPECT_EQ(points_of(play(*tuner, 1)), points_of(study));
}

TEST_P(Tuners, SeeWhatBecameOfRunningTrials) {
  const auto kept = fresh();
  StudyRecord study = play(*kept, 1);
  for (auto& trial : study.trials) {
    if (trial.state != TrialState::running) continue;
    trial.state = trial.number % 16 < 8 ? TrialState::complete : TrialState::failed;
    if (trial.state == TrialState::complete) trial.values = {loss_at(trial.point) / 100};
    study.finished.push_back(trial.number);
  }
  const SearchSpace searched = space();
  const Question question{searched, study, static_cast<int64_t>(study.trials.size()), 1};
  const auto one = kept->suggest(question), other = fresh()->suggest(question);
  ASSERT_EQ(one.has_value(), other.has_value());
  if (one) {
    EXPECT_EQ(one->point, other->point);
    EXPECT_EQ(one->parent, other->parent);
  }
}

TEST_P(Tuners, GoOnWhateverTrialsBecame) {
  for (const TrialState state : {TrialState::failed, TrialState::running, TrialState::pruned}) {
    const auto tuner = fresh();
    StudyRecord study = study_of({Direction::maximize});
    const SearchSpace searched = space();
    for (int64_t number = 0; number < kTrials; ++number) {
      const auto suggestion = tuner->suggest({searched, study, number, 3});
      if (!suggestion) break;
      ASSERT_EQ(searched.fault_of(suggestion->point), "");
      add_trial(study, state, suggestion->point);
    }
  }
  const auto nan = [](int64_t number, Point point) {
    return trial_of(number, TrialState::complete, std::move(point), {std::nan("")});
  };
  const auto alike = [](int64_t number, Point point) {
    return trial_of(number, TrialState::complete, std::move(point), {1.0});
  };
  const auto infinite = [](int64_t number, Point point) {
    return trial_of(number, TrialState::complete, std::move(point),
                    {number % 2 ? INFINITY : -INFINITY});
  };
  play(*fresh(), 3, study_of(), nan);
  play(*fresh(), 3, study_of(), alike);
  play(*fresh(), 3, study_of(), infinite);
}

// Trials that someone queued, at the bounds or of another space.
TEST_P(Tuners, LiveWithTrialsOfOthers) {
  StudyRecord study = study_of();
  add_trial(study, TrialState::complete, {}, {1.0});
  add_trial(study, TrialState::complete, {{"x", -5}, {"rate", 1e-1}, {"layers", 3}}, {0.0});
  add_trial(study, TrialState::complete, {{"x", 1e9}, {"rate", -1}, {"layers", 2.5}}, {-1.0});
  add_trial(study, TrialState::complete, {{"other", 1}}, {-2.0});
  for (int i = 0; i < 12; ++i)
    add_trial(study, TrialState::complete, {{"x", 10}, {"rate", 1e-5}, {"c", 0}}, {1.0 * i});
  add_trial(study, TrialState::waiting, {{"x", 1}});
  play(*fresh(), 4, study);
}

TEST_P(Tuners, DifferBySeed) {
  // A grid is the same for all; a space of one point leaves no choice.
  const auto one = play(*fresh(), 1), other = play(*fresh(), 2);
  const bool ends = fresh()->suggest({space(), one, kTrials, 1}) == std::nullopt;
  const bool fixed =
      std::get<0>(GetParam()) == "Grid" || spaces()[std::get<1>(GetParam())].name == "one_point";
  EXPECT_EQ(points_of(one) == points_of(other), fixed || ends);
}

std::vector<std::string> names_of_tuners() {
  std::vector<std::string> names;
  for (const KindInfo* kind : kinds_of(Tuner::category)) names.push_back(kind->name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Registered, Tuners,
                         testing::Combine(testing::ValuesIn(names_of_tuners()),
                                          testing::Range<size_t>(0, spaces().size())),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" +
                                  spaces()[std::get<1>(info.param)].name;
                         });

}  // namespace
}  // namespace tutti::test
