// Keras's names, kind by kind: each is here, or listed with the reason why it is not.
#include <map>

#include "core/base/registry.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

// "category Name" and why.
const std::map<std::string, std::string> kNotHere = {
    {"layer MaxNumBoundingBoxes", "pads lists of boxes, which no model here takes"},
};

TEST(Surface, EveryNameOfKerasIsHereOrListed) {
  std::map<std::string, std::string> missing;
  int here = 0;
  const auto keras = test::golden("surface")["names"];
  for (const auto& [category, names] : keras.items()) {
    int found = 0;
    for (const auto& name : names) {
      if (find_kind(category, name.get<std::string>()))
        ++found;
      else
        missing[category + " " + name.get<std::string>()] = "";
    }
    std::printf("%-12s %d of %d\n", category.c_str(), found, static_cast<int>(names.size()));
    here += found;
  }
  for (auto& [name, why] : missing)
    if (kNotHere.contains(name)) why = kNotHere.at(name);
  EXPECT_EQ(missing, kNotHere);
  EXPECT_GT(here, 240);
}

TEST(Surface, EverySpellingThatKerasTakesIsTaken) {
  const auto keras = test::golden("surface")["spellings"];
  for (const auto& [category, names] : keras.items())
    for (const auto& name : names)
      EXPECT_NE(find_kind(category, name.get<std::string>()), nullptr)
          << category << " " << name << "; alias it where it is registered";
}

}  // namespace
}  // namespace tutti
