#include "scheduler/tuners/random_search.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

TEST(RandomSearch, IsMadeByBothItsNames) {
  EXPECT_TRUE(make<Tuner>("Random"));
  EXPECT_TRUE(make<Tuner>("RandomSearch"));
}

TEST(RandomSearch, SpreadsOverTheSpace) {
  SearchSpace space;
  space.add({"x", FloatDistribution{0, 1}});
  space.add({"y", FloatDistribution{0, 1}});
  const StudyRecord study;
  RandomSearch tuner;
  int quarters[4] = {};
  for (int64_t number = 0; number < 400; ++number) {
    const Point point = tuner.suggest({space, study, number, 1})->point;
    ++quarters[2 * (point.at("x") > 0.5) + (point.at("y") > 0.5)];
  }
  for (const int quarter : quarters) EXPECT_NEAR(quarter, 100, 30);
}

}  // namespace
}  // namespace tutti
