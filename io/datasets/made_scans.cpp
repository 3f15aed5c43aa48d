// Scans of patients of some age: bright spots on tissue. The share of it that they cover is a
// percentage; with the age it makes the risk, so that a class needs both inputs.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "core/tensor/tensor.h"
#include "io/datasets/made_data.h"
#include "io/formats/npy.h"

namespace tutti {
namespace {

constexpr int64_t kSide = 24;

struct Spot {
  double x, y, radius;
};

bool lies_in(const Spot& spot, double x, double y) {
  const double dx = x - spot.x, dy = y - spot.y;
  return dx * dx + dy * dy < spot.radius * spot.radius;
}

// Draws it, and returns how many hundredths of the tissue are covered.
double draw_scan(Random& random, uint8_t* pixels) {
  const Spot tissue{uniform_between(random, 11, 13), uniform_between(random, 11, 13),
                    uniform_between(random, 9, 11)};
  std::vector<Spot> spots(random.below(7));
  for (auto& spot : spots)
    spot = {uniform_between(random, 4, 20), uniform_between(random, 4, 20),
            uniform_between(random, 1.5, 4.5)};
  double inside = 0, covered = 0;
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const double x = static_cast<double>(i % kSide) + 0.5, y = static_cast<double>(i / kSide) + 0.5;
    double shade = 20;
    if (lies_in(tissue, x, y)) {
      const bool bright = std::ranges::any_of(spots, [&](auto& it) { return lies_in(it, x, y); });
      ++inside, covered += bright;
      shade = bright ? 200 : 90;
    }
    pixels[i] = static_cast<uint8_t>(std::clamp(shade + 18 * random.normal(), 0.0, 255.0));
  }
  return 100 * covered / inside;
}

void write_scans(const std::filesystem::path& folder, int64_t rows, uint64_t seed) {
  const Tensor images = Tensor::empty({rows, kSide, kSide, 1}, DType::u8);
  const Tensor ages = Tensor::empty({rows}), percent = Tensor::empty({rows});
  const Tensor risks = Tensor::empty({rows}, DType::i32);
  for (int64_t row = 0; row < rows; ++row) {
    Random random(seed, static_cast<uint64_t>(row));
    const double age = std::floor(uniform_between(random, 20, 91));
    const double covered =
        draw_scan(random, images.data<uint8_t>() + row * images.shape().elements_per_row());
    const double danger = covered + 0.4 * (age - 20);
    ages.data<float>()[row] = static_cast<float>(age);
    percent.data<float>()[row] = static_cast<float>(covered);
    risks.data<int32_t>()[row] = danger < 20 ? 0 : danger < 38 ? 1 : 2;
  }
  FileSystem::current().make_directories(folder);
  write_npy(folder / "image.npy", images);
  write_npy(folder / "age.npy", ages);
  write_npy(folder / "risk.npy", risks);
  write_npy(folder / "percent.npy", percent);
}

const bool scans_added = add_made_data(
    {"scans", "image, age, risk (0, 1, 2) and percent as .npy: pictures and numbers in one row",
     1500, write_scans});

}  // namespace
}  // namespace tutti
