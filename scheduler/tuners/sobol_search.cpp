#include "scheduler/tuners/sobol_search.h"

#include <bit>

#include "core/base/error.h"
#include "scheduler/tuners/sobol_directions.h"

namespace tutti {
namespace {

constexpr int kSobolBits = 52;
constexpr uint64_t kScrambleKey = 0x736f626f6cu;

// The binary digits of a coordinate, the first at bit 51.
uint64_t sobol_digits(int64_t index, int dimension) {
  int degree = 0;
  uint32_t polynomial = 1;
  const uint16_t* first = kSobolDirections;
  for (int d = 0; d < dimension; ++d) {
    first += degree;
    polynomial = kSobolPolynomials[d];
    degree = static_cast<int>(std::bit_width(polynomial)) - 1;
  }
  const uint64_t gray = static_cast<uint64_t>(index) ^ static_cast<uint64_t>(index) >> 1;
  uint64_t numbers[kSobolBits], digits = 0;
  const int length = static_cast<int>(std::bit_width(gray));
  for (int j = 0; j < length; ++j) {
    if (j < degree || dimension == 0) {
      numbers[j] = dimension == 0 ? 1 : first[j];
    } else {
      numbers[j] = numbers[j - degree];
      for (int k = 1; k <= degree; ++k)
        if (polynomial >> (degree - k) & 1) numbers[j] ^= numbers[j - k] << k;
    }
    if (gray >> j & 1) digits ^= numbers[j] << (kSobolBits - 1 - j);
  }
  return digits;
}

double as_fraction(uint64_t digits) { return static_cast<double>(digits) * 0x1p-52; }

uint64_t random_digits(Random& random) {
  const uint64_t high = random.bits();
  return (high << 32 | random.bits()) >> (64 - kSobolBits);
}

}  // namespace

double sobol_coordinate(int64_t index, int dimension) {
  return as_fraction(sobol_digits(index, dimension));
}

double scrambled_sobol_coordinate(int64_t index, int dimension, uint64_t seed) {
  const uint64_t digits = sobol_digits(index, dimension);
  Random random(seed ^ kScrambleKey, static_cast<uint64_t>(dimension));
  uint64_t scrambled = random_digits(random);  // the shift
  for (int bit = kSobolBits - 1; bit >= 0; --bit) {
    // A digit becomes the sum of itself and some of those before it.
    const uint64_t own = uint64_t{1} << bit;
    const uint64_t row = (random_digits(random) & ~(2 * own - 1)) | own;
    scrambled ^= static_cast<uint64_t>(std::popcount(digits & row) & 1) << bit;
  }
  return as_fraction(scrambled);
}

std::optional<Suggestion> SobolSearch::suggest(const Question& question) {
  const auto& hyperparameters = question.space.hyperparameters();
  if (hyperparameters.size() > kSobolDimensions)
    fail("Sobol", "the space has {} hyperparameters, more than {}; use Random or TPE",
         hyperparameters.size(), kSobolDimensions);
  Suggestion suggestion;
  for (size_t i = 0; i < hyperparameters.size(); ++i) {
    const auto& [name, distribution, conditions, initial] = hyperparameters[i];
    if (!question.space.active(hyperparameters[i], suggestion.point)) continue;
    const int dimension = static_cast<int>(i);
    const double share = options_.scramble
                             ? scrambled_sobol_coordinate(question.number, dimension, question.seed)
                             : sobol_coordinate(question.number, dimension);
    suggestion.point[name] = number_at_share(distribution, share);
  }
  return suggestion;
}

TUTTI_REGISTER(Tuner, SobolSearch, "Sobol", "points that fill the space evenly")
    .argument("scramble", &SobolSearchOptions::scramble,
              "randomized by the seed, still even; without it the sequence itself")
    .alias("QMC");

}  // namespace tutti
