// Leaves with the spots of several diseases, a folder of PNG files for each.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "core/tensor/tensor.h"
#include "io/datasets/made_data.h"
#include "io/formats/image_file.h"

namespace tutti {
namespace {

constexpr int64_t kSide = 48;
using Color = std::array<double, 3>;

struct Disease {
  const char* name;
  double fewest, most;       // spots
  double smallest, largest;  // their radius in pixels
  Color color;
  double cover;  // how much of the leaf's color a spot hides
  Color rim;     // around it
};
constexpr Disease kDiseases[] = {
    {"blight", 1, 3, 4, 7, {96, 62, 40}, 1, {190, 170, 60}},
    {"healthy", 0, 0, 1, 1, {0, 0, 0}, 0, {0, 0, 0}},
    {"mildew", 5, 9, 3, 5, {225, 228, 220}, 0.7, {150, 180, 130}},
    {"rust", 12, 25, 1, 1.7, {196, 96, 32}, 1, {150, 140, 50}},
};

struct Spot {
  double x, y, radius;
};

// In a leaf's own coordinates: along its length from -1 to 1, and across.
struct Leaf {
  double sine = 0, cosine = 1, length, width, x, y;
  Color green;

  explicit Leaf(Random& random) {
    portable_sincos_turns(random.uniform(), sine, cosine);
    length = uniform_between(random, 19, 23), width = uniform_between(random, 0.42, 0.6);
    x = uniform_between(random, 22, 26), y = uniform_between(random, 22, 26);
    green = {uniform_between(random, 30, 90), uniform_between(random, 110, 165),
             uniform_between(random, 25, 70)};
  }
  double along(double px, double py) const {
    return ((px - x) * cosine + (py - y) * sine) / length;
  }
  double across(double px, double py) const {
    return ((py - y) * cosine - (px - x) * sine) / length;
  }
  bool holds(double px, double py) const {
    const double u = along(px, py);
    return std::abs(u) < 1 && std::abs(across(px, py)) < width * (1 - u * u);
  }
};

void mix(Color& color, const Color& other, double share) {
  for (size_t c = 0; c < 3; ++c) color[c] += share * (other[c] - color[c]);
}

std::vector<Spot> draw_spots(const Disease& disease, const Leaf& leaf, Random& random) {
  const auto count =
      static_cast<size_t>(std::floor(uniform_between(random, disease.fewest, disease.most + 1)));
  std::vector<Spot> spots;
  while (disease.most > 0 && spots.size() < count) {
    const Spot spot{uniform_between(random, 0, kSide), uniform_between(random, 0, kSide),
                    uniform_between(random, disease.smallest, disease.largest)};
    if (leaf.holds(spot.x, spot.y)) spots.push_back(spot);
  }
  return spots;
}

Color leaf_color(const Leaf& leaf, double x, double y) {
  Color color = leaf.green;
  const double u = leaf.along(x, y), v = std::abs(leaf.across(x, y));
  const double rib = std::abs((u - 0.6 * v) * 5 - std::round((u - 0.6 * v) * 5));
  if (v < 0.03 || rib < 0.08) mix(color, {180, 200, 130}, v < 0.03 ? 0.7 : 0.35);
  return color;
}

Tensor draw_leaf(const Disease& disease, Random& random) {
  const Leaf leaf(random);
  const auto spots = draw_spots(disease, leaf, random);
  const Color ground = {uniform_between(random, 90, 220), uniform_between(random, 80, 210),
                        uniform_between(random, 70, 200)};
  const Tensor picture = Tensor::empty({kSide, kSide, 3}, DType::u8);
  uint8_t* out = picture.data<uint8_t>();
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const double x = static_cast<double>(i % kSide) + 0.5, y = static_cast<double>(i / kSide) + 0.5;
    Color color = ground;
    if (leaf.holds(x, y)) {
      color = leaf_color(leaf, x, y);
      for (const Spot& spot : spots) {
        const double inside =
            spot.radius - std::sqrt((x - spot.x) * (x - spot.x) + (y - spot.y) * (y - spot.y));
        mix(color, disease.rim, disease.cover * std::clamp(inside + 2, 0.0, 1.0) * 0.6);
        mix(color, disease.color, disease.cover * std::clamp(inside + 0.5, 0.0, 1.0));
      }
    }
    for (const double channel : color)
      *out++ = static_cast<uint8_t>(std::clamp(channel + 9 * random.normal(), 0.0, 255.0));
  }
  return picture;
}

void write_leaves(const std::filesystem::path& folder, int64_t rows, uint64_t seed) {
  for (int64_t row = 0; row < rows; ++row) {
    const Disease& disease = kDiseases[row % std::size(kDiseases)];
    Random random(seed, static_cast<uint64_t>(row));
    FileSystem::current().make_directories(folder / disease.name);
    write_made_file(folder / disease.name / fmt::format("{:05}.png", row),
                    encode_png(draw_leaf(disease, random)));
  }
}

const bool leaves_added = add_made_data(
    {"leaves", "PNG pictures of leaves, a folder for each of 3 diseases and one for healthy ones",
     400, write_leaves});

}  // namespace
}  // namespace tutti
