#include "scheduler/tuners/tuner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

TEST(PortableMath, ExpIsWithinTwoUnitsOfTheLastPlace) {
  for (double x = -700; x < 709; x += 0.37) {
    const double want = std::exp(x);
    EXPECT_NEAR(portable_exp(x), want, 2.3e-16 * 2 * want) << x;
  }
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_EQ(portable_exp(-INFINITY), portable_exp(-708));
  EXPECT_EQ(portable_exp(INFINITY), portable_exp(709));
}

TEST(PortableMath, TailAndMassAreThoseOfTheNormalDistribution) {
  for (double x = 0; x < 37; x += 0.013) {
    const double want = 0.5 * std::erfc(x / std::sqrt(2.0));
    EXPECT_NEAR(normal_tail(x), want, 1e-12 * want) << x;
    EXPECT_NEAR(normal_mass(-x, x), 1 - 2 * want, 1e-14) << x;
    EXPECT_NEAR(normal_mass(-INFINITY, x), 1 - want, 1e-14) << x;
  }
  EXPECT_EQ(normal_tail(INFINITY), 0);
}

TEST(Questions, HaveRandomNumbersOfTheirOwn) {
  const SearchSpace space;
  const StudyRecord study;
  std::set<uint32_t> first;
  for (const uint64_t seed : {0, 1, 2})
    for (const int64_t number : {0, 1, 2, 1000000})
      for (const uint32_t stream : {0u, 1u, 70000u}) {
        const Question question{space, study, number, seed};
        Random one = question.random(stream), again = question.random(stream);
        const uint32_t bits = one.bits();
        EXPECT_EQ(bits, again.bits());
        first.insert(bits);
      }
  EXPECT_EQ(first.size(), 36u);
}

// The share of draws at most `middle`.
double share_below(const Distribution& distribution, double middle) {
  Random random(3);
  int below = 0;
  for (int i = 0; i < 4000; ++i) {
    const double number = random_number(distribution, random);
    EXPECT_TRUE(contains(distribution, number)) << number;
    below += number <= middle;
  }
  return below / 4000.0;
}

TEST(RandomNumbers, AreUniformInTheirDistribution) {
  EXPECT_NEAR(share_below(FloatDistribution{-1, 3}, 1), 0.5, 0.03);
  EXPECT_NEAR(share_below(FloatDistribution{1e-4, 1, true}, 1e-2), 0.5, 0.03);
  EXPECT_NEAR(share_below(FloatDistribution{0, 0.9, false, 0.1}, 0.45), 0.5, 0.03);
  EXPECT_NEAR(share_below(IntDistribution{1, 9, 2}, 1), 0.2, 0.03);
  EXPECT_NEAR(share_below(IntDistribution{1, 100, 1, true}, 1),
              std::log(3.0) / std::log(100.5 / 0.5), 0.03);
  EXPECT_NEAR(share_below(CategoricalDistribution{{Config(1), Config("a")}}, 0), 0.5, 0.03);
  EXPECT_EQ(share_below(FloatDistribution{0.1, 0.1, true}, 0.1), 1);
  EXPECT_EQ(share_below(IntDistribution{7, 7, 1, true}, 7), 1);
}

TEST(RandomPoints, KeepConditionsAndWhatIsFixed) {
  SearchSpace space;
  space.add({"deep", CategoricalDistribution{{Config(false), Config(true)}}});
  space.add({"layers", IntDistribution{2, 9}, {{"deep", {Config(true)}}}});
  Random random(1);
  std::set<size_t> sizes;
  for (int i = 0; i < 50; ++i) {
    const Point point = random_point(space, random);
    EXPECT_EQ(space.fault_of(point), "");
    sizes.insert(point.size());
  }
  EXPECT_EQ(sizes, (std::set<size_t>{1, 2}));
  EXPECT_EQ(random_point(space, random, {{"deep", 1}, {"layers", 5}}),
            (Point{{"deep", 1}, {"layers", 5}}));
  EXPECT_EQ(random_point(space, random, {{"deep", 0}, {"layers", 5}}), (Point{{"deep", 0}}));
}

}  // namespace
}  // namespace tutti
