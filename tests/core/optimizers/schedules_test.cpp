// Learning-rate schedules against Keras, in configs, and their messages.
#include "core/optimizers/learning_rate_schedule.h"

#include "core/optimizers/adam.h"
#include "core/optimizers/cosine_decays.h"
#include "core/optimizers/decays.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::golden;

TEST(Schedules, EqualKeras) {
  const auto data = golden("schedules");
  for (const auto& item : data["cases"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    const auto schedule = make<LearningRateSchedule>(
        test::call_of(item["name"].get<std::string>(), item["arguments"]));
    EXPECT_EQ(kind_config(*make<LearningRateSchedule>(kind_config(*schedule))),
              kind_config(*schedule));
    for (size_t i = 0; i < data["steps"].size(); ++i) {
      const double step = data["steps"][i].get<double>(), expected = item["rates"][i].get<double>();
      EXPECT_NEAR(schedule->at(step), expected, 2e-6 * expected + 1e-8) << "step " << step;
    }
  }
}

TEST(Schedules, AreExactInF64) {
  const ExponentialDecay decay({.initial_learning_rate = 0.1, .decay_steps = 7, .decay_rate = 0.9});
  EXPECT_NEAR(decay.at(5), 0.1 * std::pow(0.9, 5.0 / 7), 1e-15);
}

TEST(Schedules, AWarmUpOfNoStepsBeginsAtItsTarget) {
  const CosineDecay decay(
      {.initial_learning_rate = 0.1, .decay_steps = 10, .warmup_target = 0.2, .warmup_steps = 0});
  EXPECT_NEAR(decay.at(0), 0.2, 1e-15);
  EXPECT_NEAR(decay.at(5), 0.1, 1e-15);
}

TEST(Schedules, StandInsideOptimizers) {
  const Config config = test::call_of(
      "Adam", {{"learning_rate",
                {{"CosineDecay", {{"initial_learning_rate", 0.1}, {"decay_steps", 100}}}}}});
  const auto adam = make<Optimizer>(config);
  EXPECT_NEAR(adam->learning_rate(), 0.1, 1e-15);
  EXPECT_EQ(kind_config(*make<Optimizer>(kind_config(*adam))), kind_config(*adam));
  EXPECT_NE(error_of([&] { adam->set_learning_rate(0.1); }).find("follows a schedule"),
            std::string::npos);
  const Adam direct({.learning_rate = ExponentialDecay(
                         {.initial_learning_rate = 0.5, .decay_steps = 1, .decay_rate = 0.5})});
  EXPECT_NEAR(direct.learning_rate(), 0.5, 1e-15);
}

TEST(Schedules, RefuseWrongArguments) {
  EXPECT_EQ(error_of([] { CosineDecay({.initial_learning_rate = 1}); }),
            "[CosineDecay] decay_steps is 0; use a positive number of steps");
  EXPECT_EQ(error_of([] {
              PiecewiseConstantDecay({.boundaries = {1, 2}, .values = {1, 2}});
            }),
            "[PiecewiseConstantDecay] has 2 boundaries and 2 values; give one value more");
  EXPECT_NE(error_of([] {
              make<Optimizer>(test::call_of("Adam", {{"learning_rate", true}}));
            }).find("expected a number or a schedule"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
