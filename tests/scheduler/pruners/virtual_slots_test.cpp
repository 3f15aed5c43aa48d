// Studies on a virtual clock: tuner, pruner, study and journal together.
#include "tests/scheduler/pruners/virtual_slots.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/io/error_check.h"

namespace tutti::test {
namespace {

constexpr int64_t kSteps = 27;

SearchSpace rates() {
  SearchSpace space;
  space.add({"rate", FloatDistribution{1e-4, 1, true}});
  space.add({"units", IntDistribution{1, 64}});
  return space;
}

Curves falling_curves() {
  const auto value = [](const Point& point, int64_t step) {
    const double off = std::abs(std::log10(point.at("rate")) + 2);
    return off + 1 / (1 + static_cast<double>(step) * (0.1 + point.at("units") / 64));
  };
  return {.steps = kSteps, .value = value, .seconds = [](const Point& point) {
            return 1 + point.at("units") / 10;
          }};
}

struct Result {
  std::vector<std::pair<TrialState, std::optional<int64_t>>> trials;  // and last steps
  double seconds = 0, busy = 0, best = 0;
  int64_t steps = 0;
  bool operator==(const Result&) const = default;
};

Result result_of(const Config& pruner, int slots) {
  const DataFolder folder;
  Study study(folder / "journal.log", {.name = "virtual", .seed = 3, .max_trials = 60}, rates(),
              make<Tuner>("Random"), make<Pruner>(pruner));
  VirtualSlots pool(study, falling_curves(), slots);
  pool.run();
  study.end();
  Result result{{}, pool.seconds(), pool.busy(), 0, pool.steps()};
  for (const Trial& trial : study.record().trials)
    result.trials.emplace_back(trial.state, trial.last_step());
  result.best = study.record().trials[static_cast<size_t>(study.best().value())].values[0];
  return result;
}

class VirtualStudy : public testing::TestWithParam<std::pair<std::string, Config>> {};

TEST_P(VirtualStudy, IsTheSameEachTimeAndSparesSteps) {
  const Result all = result_of("Nop", 4);
  EXPECT_EQ(all.steps, 60 * kSteps);
  const Result one = result_of(GetParam().second, 4), other = result_of(GetParam().second, 4);
  EXPECT_TRUE(one == other);
  EXPECT_LT(one.steps, all.steps * 2 / 3);
  EXPECT_LE(one.best, all.best + 0.1);
  EXPECT_LT(one.seconds, 0.75 * all.seconds);
  EXPECT_GT(one.busy, 0.8 * 4 * one.seconds);  // no slot waits while something may begin
  for (const auto& [state, last] : one.trials)
    EXPECT_TRUE(state == TrialState::complete ? last == kSteps : state == TrialState::pruned);
}

Config pruner_with(const std::string& kind, Config::Map arguments) {
  return Config::Map{{kind, Config(std::move(arguments))}};
}

INSTANTIATE_TEST_SUITE_P(
    Pruners, VirtualStudy,
    testing::Values(
        std::pair{"Median", Config("Median")},
        std::pair{"ASHA", pruner_with("ASHA", {{"min_resource", 1}, {"reduction_factor", 3}})},
        std::pair{"promotion", pruner_with("ASHA", {{"min_resource", 1},
                                                    {"reduction_factor", 3},
                                                    {"promotion", true},
                                                    {"max_resource", kSteps}})},
        std::pair{"Hyperband", pruner_with("Hyperband", {{"max_resource", kSteps}})},
        std::pair{"Hyperband_promotion",
                  pruner_with("Hyperband", {{"max_resource", kSteps}, {"promotion", true}})}),
    [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace tutti::test
