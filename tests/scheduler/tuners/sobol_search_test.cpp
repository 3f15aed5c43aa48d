#include "scheduler/tuners/sobol_search.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"

namespace tutti {
namespace {

TEST(SobolSearch, HasTheSequenceOfSciPy) {
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/sobol.json");
  const auto golden = nlohmann::json::parse(file);
  for (size_t i = 0; i < golden["points"].size(); ++i)
    for (size_t d = 0; d < golden["dimensions"].size(); ++d)
      EXPECT_EQ(sobol_coordinate(static_cast<int64_t>(i), golden["dimensions"][d].get<int>()),
                golden["points"][i][d].get<double>())
          << i << " " << d;
}

// The first two dimensions are a (0, m, 2)-net: of 2^m points one is in each box of area 2^-m,
// whatever the box's shape.
TEST(SobolSearch, IsANetScrambledOrNot) {
  const int m = 6;
  for (const int offset : {0, 1 << m, 5 << m})
    for (const int wide : {0, 1, 3, 6}) {
      std::set<std::pair<int, int>> bare, scrambled;
      for (int i = offset; i < offset + (1 << m); ++i) {
        const auto box = [&](double x, double y) {
          return std::pair<int, int>(x * (1 << wide), y * (1 << (m - wide)));
        };
        bare.insert(box(sobol_coordinate(i, 0), sobol_coordinate(i, 1)));
        scrambled.insert(
            box(scrambled_sobol_coordinate(i, 0, 7), scrambled_sobol_coordinate(i, 1, 7)));
      }
      EXPECT_EQ(bare.size(), 1u << m);
      EXPECT_EQ(scrambled.size(), 1u << m);
    }
}

TEST(SobolSearch, StratifiesEachDimension) {
  for (int dimension = 0; dimension < 256; dimension += 15) {
    std::set<int> slots;
    for (int i = 0; i < 128; ++i)
      slots.insert(static_cast<int>(scrambled_sobol_coordinate(i, dimension, 3) * 128));
    EXPECT_EQ(slots.size(), 128u) << dimension;
  }
}

TEST(SobolSearch, IsScrambledByTheSeed) {
  std::set<double> firsts;
  for (uint64_t seed = 0; seed < 20; ++seed)
    for (const int dimension : {0, 1, 9})
      firsts.insert(scrambled_sobol_coordinate(0, dimension, seed));
  EXPECT_EQ(firsts.size(), 60u);
}

TEST(SobolSearch, CountsChoicesEvenly) {
  SearchSpace space;
  space.add({"layers", IntDistribution{1, 4}});
  space.add({"rate", FloatDistribution{1e-4, 1e-2, true}, {{"layers", {Config(2)}}}});
  const StudyRecord study;
  SobolSearch tuner;
  std::map<double, int> layers;
  int low_rates = 0;
  for (int64_t number = 0; number < 64; ++number) {
    auto suggestion = tuner.suggest({space, study, number, 5});
    ASSERT_EQ(space.fault_of(suggestion->point), "");
    ++layers[suggestion->point["layers"]];
    if (suggestion->point.contains("rate")) low_rates += suggestion->point["rate"] < 1e-3;
  }
  EXPECT_EQ(layers, (std::map<double, int>{{1, 16}, {2, 16}, {3, 16}, {4, 16}}));
  EXPECT_EQ(low_rates, 8);
}

TEST(SobolSearch, NamesItsLimit) {
  SearchSpace space;
  for (int i = 0; i < 257; ++i) space.add({"x" + std::to_string(i), FloatDistribution{}});
  const StudyRecord study;
  try {
    SobolSearch().suggest({space, study});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "[Sobol] the space has 257 hyperparameters, more than 256; use Random or TPE");
  }
}

}  // namespace
}  // namespace tutti
