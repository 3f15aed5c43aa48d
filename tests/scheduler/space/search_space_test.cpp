#include "scheduler/space/search_space.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti {
namespace {

// A network of up to two hidden layers, as the Keras Tuner lesson searches it.
SearchSpace lesson() {
  SearchSpace space;
  space.add({"layers", IntDistribution{1, 2}});
  space.add({"units_0", IntDistribution{32, 512, 32}});
  space.add({"units_1", IntDistribution{32, 512, 32}, {{"layers", {Config(2)}}}});
  space.add({"activation", CategoricalDistribution{{Config("relu"), Config("tanh")}}});
  space.add({"slope",
             FloatDistribution{},
             {{"units_1", {Config(32)}}, {"activation", {Config("relu")}}}});
  return space;
}

std::string refusal_of(Hyperparameter hyperparameter) {
  SearchSpace space = lesson();
  try {
    space.add(std::move(hyperparameter));
  } catch (const Error& error) {
    EXPECT_EQ(space.hyperparameters().size(), 5u);
    return error.what();
  }
  return "";
}

TEST(SearchSpaces, RefuseWhatCannotBe) {
  EXPECT_EQ(refusal_of({"", IntDistribution{}}),
            "[search space] a hyperparameter has no name; give it one");
  EXPECT_EQ(refusal_of({"layers", IntDistribution{}}),
            "[layers] is there twice; give each hyperparameter a name of its own");
  EXPECT_EQ(refusal_of({"x", IntDistribution{2, 1}}), "[x] low 2 is above high 1; exchange them");
  EXPECT_EQ(refusal_of({"x", IntDistribution{}, {{"layer", {Config(1)}}}}),
            "[x] depends on 'layer', which is not before it, did you mean 'layers'?");
  EXPECT_EQ(refusal_of({"x", IntDistribution{}, {{"depth_of_trees", {Config(1)}}}}),
            "[x] depends on 'depth_of_trees', which is not before it; add that one first");
  EXPECT_EQ(refusal_of({"x", IntDistribution{}, {{"layers", {}}}}),
            "[x] depends on no value of 'layers'; name at least one");
  EXPECT_EQ(refusal_of({"x", IntDistribution{}, {{"layers", {Config(3)}}}}),
            "[x] 3 is not an integer from 1 to 2; use a value that is");
  EXPECT_EQ(refusal_of({"x", IntDistribution{0, 5}, {}, Config(6)}),
            "[x] 6 is not an integer from 0 to 5; use a value that is");
}

TEST(SearchSpaces, LowerAHighThatNoStepReaches) {
  SearchSpace space;
  space.add({"n", IntDistribution{0, 10, 3}});
  EXPECT_EQ(std::get<IntDistribution>(space.find("n")->distribution).high, 9);
}

TEST(SearchSpaces, KnowWhatIsActive) {
  const SearchSpace space = lesson();
  const auto active = [&](const char* name, const Point& point) {
    return space.active(*space.find(name), point);
  };
  EXPECT_TRUE(active("layers", {}));
  EXPECT_FALSE(active("units_1", {}));
  EXPECT_FALSE(active("units_1", {{"layers", 1}}));
  EXPECT_TRUE(active("units_1", {{"layers", 2}}));
  EXPECT_TRUE(active("slope", {{"units_1", 32}, {"activation", 0}}));
  EXPECT_FALSE(active("slope", {{"units_1", 32}, {"activation", 1}}));
  EXPECT_FALSE(active("slope", {{"activation", 0}}));
}

TEST(SearchSpaces, SayWhatIsWrongWithAPoint) {
  const SearchSpace space = lesson();
  const Point good = {{"layers", 1}, {"units_0", 64}, {"activation", 1}};
  EXPECT_EQ(space.fault_of(good), "");
  Point point = good;
  point["layers"] = 2;
  EXPECT_EQ(space.fault_of(point), "'units_1' is missing");
  point["units_1"] = 50;
  EXPECT_EQ(space.fault_of(point), "'units_1' is 50, not an integer from 32 to 512 in steps of 32");
  point["layers"] = 1;
  EXPECT_EQ(space.fault_of(point), "'units_1' is given though its conditions do not hold");
  point = good;
  point["rate"] = 1;
  EXPECT_EQ(space.fault_of(point), "'rate' is no hyperparameter of this study");
}

}  // namespace
}  // namespace tutti
