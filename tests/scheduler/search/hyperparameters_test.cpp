#include "scheduler/search/hyperparameters.h"

#include <fmt/format.h>

#include "scheduler/search/space_of_build.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names_of(const SearchSpace& space) {
  std::vector<std::string> names;
  for (const auto& each : space.hyperparameters()) names.push_back(each.name);
  return names;
}

TEST(hyperparameters, have_defaults_until_they_have_values) {
  HyperParameters hp;
  const auto ask = [&] {
    const int64_t units = hp.Int("units", 32, 512, {.step = 32});
    const double rate = hp.Float("rate", 1e-4, 1e-2, {.sampling = "log", .initial = 1e-3});
    const std::string activation = hp.Choice("activation", {"relu", "tanh"});
    const int batch = hp.Choice("batch", {16, 32});
    const double scale = hp.Choice("scale", {0.5, 2.0});
    return fmt::format("{} {} {} {} {} {}", units, rate, activation, batch, scale,
                       hp.Boolean("bias", true));
  };
  EXPECT_EQ(ask(), "32 0.001 relu 16 0.5 true");
  EXPECT_THAT(names_of(hp.space()),
              ElementsAre("units", "rate", "activation", "batch", "scale", "bias"));
  hp.set_values({{"units", 64}, {"rate", 0.01}, {"activation", "tanh"}, {"bias", false}});
  EXPECT_EQ(ask(), "64 0.01 tanh 16 0.5 false");
  EXPECT_EQ(hp.get("units").as_int(), 64);
  EXPECT_TRUE(throws_with([&] { hp.get("unit"); }, {"[unit]", "did you mean 'units'"}));
}

TEST(hyperparameters, are_refused_where_they_contradict_themselves) {
  HyperParameters hp;
  hp.Int("units", 32, 512);
  EXPECT_TRUE(throws_with([&] { hp.Int("units", 32, 256); }, {"[units] was an integer", "256"}));
  EXPECT_TRUE(throws_with([&] { hp.Int("a", 3, 1); }, {"[a]"}));
  EXPECT_TRUE(throws_with([&] { hp.Int("b", 1, 3, {.initial = 7}); }, {"[b]", "7"}));
  EXPECT_TRUE(throws_with([&] { hp.Float("c", 1, 3, {.sampling = "lin"}); }, {"[c] sampling"}));
  EXPECT_TRUE(throws_with([&] { hp.Choice("d", std::vector<std::string>{}); }, {"[d]", "nothing"}));
  EXPECT_TRUE(throws_with([&] { (void)hp.conditional_scope("e", {1}); }, {"'e' was not asked"}));
  hp.set_values({{"units", 1000}});
  EXPECT_TRUE(throws_with([&] { hp.Int("units", 32, 512); }, {"[units]", "1000"}));
}

TEST(hyperparameters, of_a_scope_are_there_with_their_parent) {
  HyperParameters hp;
  hp.Choice("model", {"mlp", "cnn"});
  {
    const auto scope = hp.conditional_scope("model", {"cnn"});
    hp.Int("filters", 8, 64);
  }
  hp.Boolean("bias");
  const auto& all = hp.space().hyperparameters();
  ASSERT_EQ(all.size(), 3u);
  ASSERT_EQ(all[1].conditions.size(), 1u);
  EXPECT_EQ(all[1].conditions[0].parent, "model");
  EXPECT_TRUE(all[2].conditions.empty());
}

// Keras Tuner's lesson: as many layers as one hyperparameter says, units of each.
TEST(hyperparameters, are_found_wherever_a_build_asks_for_them) {
  int builds = 0;
  const SearchSpace space = space_of_build([&](HyperParameters& hp) {
    ++builds;
    for (int64_t i = 0; i < hp.Int("layers", 1, 3); ++i)
      hp.Int(fmt::format("units_{}", i), 32, 512, {.step = 32});
    if (hp.Choice("optimizer", {"adam", "sgd", "rmsprop"}) == "sgd") {
      const auto scope = hp.conditional_scope("optimizer", {"sgd"});
      if (hp.Boolean("nesterov")) fail("build", "no model at this point");
    }
  });
  EXPECT_THAT(names_of(space),
              ElementsAre("layers", "units_0", "optimizer", "units_1", "units_2", "nesterov"));
  EXPECT_LT(builds, 30);
  EXPECT_TRUE(throws_with([] { space_of_build([](HyperParameters&) { fail("build", "no"); }); },
                          {"[build] no"}));
}

}  // namespace
}  // namespace tutti
