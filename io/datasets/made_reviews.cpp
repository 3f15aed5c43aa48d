// Reviews of films that somebody liked or did not, as text files in two folders. What counts is the
// opinion that comes last; "not" turns one round.
#include <fmt/format.h>

#include <string>

#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "io/datasets/made_data.h"

namespace tutti {
namespace {

constexpr const char* kPraise[] = {"lovely",   "moving", "brilliant", "funny", "gripping", "superb",
                                   "charming", "clever", "warm",      "great", "tender",   "fresh"};
constexpr const char* kBlame[] = {"dull",  "tedious", "clumsy",   "awful", "flat",  "boring",
                                  "noisy", "stale",   "careless", "poor",  "silly", "endless"};
constexpr const char* kThings[] = {"plot",   "acting", "music", "ending",   "script",
                                   "camera", "cast",   "story", "dialogue", "opening"};
constexpr const char* kOpenings[] = {
    "I saw it on a rainy Sunday.", "We went with friends.",  "Everybody talks about this film.",
    "My sister chose it.",         "It runs for two hours.", "I had read the book before."};

template <size_t N>
const char* any_of(const char* const (&words)[N], Random& random) {
  return words[random.below(N)];
}

std::string opinion(bool good, Random& random) {
  const bool turned = random.below(6) == 0;
  return fmt::format("the {} is {}{}", any_of(kThings, random), turned ? "not " : "",
                     good != turned ? any_of(kPraise, random) : any_of(kBlame, random));
}

std::string review(bool good, Random& random) {
  std::string text = any_of(kOpenings, random);
  if (random.below(3) == 0)
    text += fmt::format(" At first {}, but in the end", opinion(!good, random));
  else
    text += fmt::format(" Sure, {}, and", opinion(good, random));
  for (uint64_t i = random.below(3) + 1; i-- > 0;)
    text += fmt::format(" {}{}", opinion(good, random), i ? ", and" : "");
  return text + ".\n";
}

void write_reviews(const std::filesystem::path& folder, int64_t rows, uint64_t seed) {
  for (int64_t row = 0; row < rows; ++row) {
    Random random(seed, static_cast<uint64_t>(row));
    const bool good = row % 2 == 0;
    const auto into = folder / (good ? "positive" : "negative");
    FileSystem::current().make_directories(into);
    write_made_file(into / fmt::format("{:05}.txt", row), review(good, random));
  }
}

const bool reviews_added = add_made_data(
    {"reviews", "positive/ and negative/ text files about films", 800, write_reviews});

}  // namespace
}  // namespace tutti
