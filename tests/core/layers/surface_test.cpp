// Keras's names, kind by kind: each is here, or listed with the reason why it is not.
#include <map>

#include "core/base/registry.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const char* const kImages = "draws changes of images";
const char* const kCategories = "turns text and categories into numbers";

// "category Name" and why.
const std::map<std::string, std::string> kNotHere = {
    {"layer AugMix", kImages},
    {"layer AutoContrast", kImages},
    {"layer CategoryEncoding", kCategories},
    {"layer ContrastLimitedAdaptiveHistogramEqualization", kImages},
    {"layer CutMix", kImages},
    {"layer Discretization", kCategories},
    {"layer Equalization", kImages},
    {"layer HashedCrossing", kCategories},
    {"layer Hashing", kCategories},
    {"layer IntegerLookup", kCategories},
    {"layer MaxNumBoundingBoxes", kImages},
    {"layer MixUp", kImages},
    {"layer Pipeline", kImages},
    {"layer RandAugment", kImages},
    {"layer RandomBrightness", kImages},
    {"layer RandomColorDegeneration", kImages},
    {"layer RandomColorJitter", kImages},
    {"layer RandomContrast", kImages},
    {"layer RandomCrop", kImages},
    {"layer RandomElasticTransform", kImages},
    {"layer RandomErasing", kImages},
    {"layer RandomFlip", kImages},
    {"layer RandomGaussianBlur", kImages},
    {"layer RandomGrayscale", kImages},
    {"layer RandomHue", kImages},
    {"layer RandomInvert", kImages},
    {"layer RandomPerspective", kImages},
    {"layer RandomPosterization", kImages},
    {"layer RandomRotation", kImages},
    {"layer RandomSaturation", kImages},
    {"layer RandomSharpness", kImages},
    {"layer RandomShear", kImages},
    {"layer RandomTranslation", kImages},
    {"layer RandomZoom", kImages},
    {"layer Solarization", kImages},
    {"layer StringLookup", kCategories},
    {"layer TextVectorization", kCategories},
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
