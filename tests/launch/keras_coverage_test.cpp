// Keras's names, kind by kind: each is here, or listed with the reason why it is not.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

#include "core/base/registry.h"
#include "tests/conformance/graph_runner.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

// "category Name" and why.
const std::map<std::string, std::string> kNotHere = {
    {"callback ProgbarLogger", "a session draws its bar; `verbose` of fit chooses it"},
    {"layer MaxNumBoundingBoxes", "pads lists of boxes, which no model here takes"},
};

class KerasCoverage : public InTemporaryFolder {
 protected:
  // What the command says that it has, by each of its names: "layer Dense".
  std::set<std::string> kinds() const {
    const Finished listed = shell("tutti list --kinds");
    EXPECT_EQ(listed.code, 0) << listed.err;
    std::set<std::string> kinds;
    std::istringstream text(listed.out);
    for (std::string line; std::getline(text, line);) {
      std::istringstream words(line);
      std::string category, name;
      for (words >> category; words >> name;) kinds.insert(category + " " + name);
    }
    return kinds;
  }
};

TEST_F(KerasCoverage, EveryNameIsHereOrListed) {
  const auto here = kinds();
  std::string table = "| kind | here | absent, and why |\n|---|---|---|\n";
  std::set<std::string> missing, listed;
  const auto keras = test::golden("surface")["names"];
  for (const auto& [category, names] : keras.items()) {
    size_t found = 0;
    std::string absent;
    for (const auto& each : names) {
      const auto name = each.get<std::string>();
      if (here.contains(category + " " + name)) {
        ++found;
        continue;
      }
      missing.insert(category + " " + name);
      const auto why = kNotHere.find(category + " " + name);
      absent += fmt::format("{}{}: {}", absent.empty() ? "" : "; ", name,
                            why == kNotHere.end() ? "?" : why->second);
    }
    table += fmt::format("| {} | {} of {} | {} |\n", category, found, names.size(), absent);
  }
  for (const auto& [name, why] : kNotHere) listed.insert(name);
  EXPECT_EQ(missing, listed);
  EXPECT_GT(here.size(), 300u);
  EXPECT_THAT(read_text(std::string(TUTTI_SOURCE_DIR) + "/tests/conformance/README.md"),
              testing::HasSubstr(table))
      << "Put this table there:\n"
      << table;
}

// Layers of which keras.layers has none, and why.
const std::map<std::string, std::string> kBesides = {
    {"Functional", "a model"},
    {"Sequential", "a model"},
    {"LayerScale", "of ConvNeXt in keras.applications"},
    {"StochasticDepth", "of ConvNeXt in keras.applications"},
};

TEST_F(KerasCoverage, EveryLayerIsKerasOrListed) {
  std::set<const KindInfo*> keras;
  const auto names = test::golden("surface")["names"]["layer"];
  for (const auto& name : names) keras.insert(find_kind("layer", name.get<std::string>()));
  std::set<std::string> others, listed;
  std::istringstream text(shell("tutti list layer").out);
  for (std::string line; std::getline(text, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (!keras.contains(find_kind("layer", name))) others.insert(name);
  }
  for (const auto& [name, why] : kBesides) listed.insert(name);
  EXPECT_EQ(others, listed);
}

TEST_F(KerasCoverage, EverySpellingThatKerasTakesIsTaken) {
  const auto keras = test::golden("surface")["spellings"];
  for (const auto& [category, names] : keras.items())
    for (const auto& name : names)
      EXPECT_NE(find_kind(category, name.get<std::string>()), nullptr)
          << category << " " << name << "; alias it where it is registered";
}

}  // namespace
}  // namespace tutti::testing_support
