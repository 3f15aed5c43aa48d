#include "io/datasets/made_digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/device/thread_pool.h"

namespace tutti::datasets {
namespace {

constexpr int64_t kSide = 28, kPixels = kSide * kSide;
constexpr double kBox = 20;  // what a digit fills, as in MNIST

struct Point {
  double x, y;
};
// Through its points: straight, or as a Catmull-Rom spline. The box is 0 to 1, y goes down.
struct Stroke {
  bool bent;
  std::vector<Point> points;
};
using Strokes = std::vector<Stroke>;

const std::array<Strokes, 10>& digit_strokes() {
  static const std::array<Strokes, 10> strokes{{
      {{true, {{.5, .04}, {.22, .28}, {.22, .72}, {.5, .96}, {.78, .72}, {.78, .28}, {.5, .04}}}},
      {{false, {{.34, .24}, {.55, .05}, {.52, .95}}}},
      {{true, {{.22, .27}, {.45, .05}, {.76, .22}, {.66, .5}, {.23, .93}}},
       {false, {{.23, .93}, {.8, .92}}}},
      {{true, {{.24, .13}, {.58, .05}, {.74, .25}, {.44, .47}}},
       {true, {{.44, .47}, {.78, .66}, {.62, .93}, {.22, .87}}}},
      {{false, {{.58, .05}, {.18, .62}, {.84, .62}}}, {false, {{.65, .36}, {.62, .95}}}},
      {{false, {{.76, .07}, {.33, .07}, {.28, .44}}},
       {true, {{.28, .44}, {.6, .4}, {.78, .66}, {.58, .94}, {.22, .87}}}},
      {{true, {{.68, .06}, {.36, .34}, {.25, .7}, {.5, .95}, {.76, .74}, {.54, .52}, {.27, .7}}}},
      {{false, {{.2, .08}, {.8, .08}, {.42, .95}}}},
      {{true,
        {{.5, .48},
         {.26, .27},
         {.5, .05},
         {.74, .27},
         {.5, .48},
         {.22, .72},
         {.5, .95},
         {.78, .72},
         {.5, .48}}}},
      {{true, {{.74, .28}, {.5, .5}, {.26, .28}, {.5, .05}, {.74, .28}, {.7, .64}, {.58, .95}}}},
  }};
  return strokes;
}

double between(Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

// Points moved a little, then all turned, slanted, scaled and shifted, in pixels.
class Hand {
 public:
  explicit Hand(Random& random) : random_(random) {
    double sine = 0, cosine = 0;
    const double turn = between(random, -0.04, 0.04);
    portable_sincos_turns(turn < 0 ? turn + 1 : turn, sine, cosine);
    const double wide = between(random, 0.7, 1.15), high = between(random, 0.85, 1.1);
    const double slant = between(random, -0.35, 0.2);
    xx_ = cosine * wide, xy_ = cosine * slant - sine * high;
    yx_ = sine * wide, yy_ = sine * slant + cosine * high;
    at_ = {between(random, -2, 2), between(random, -2, 2)};
  }
  Point write(Point p) {
    const double x = p.x - 0.5 + 0.025 * random_.normal(), y = p.y - 0.5 + 0.025 * random_.normal();
    return {kSide / 2.0 + at_.x + kBox * (xx_ * x + xy_ * y),
            kSide / 2.0 + at_.y + kBox * (yx_ * x + yy_ * y)};
  }

 private:
  Random& random_;
  double xx_, xy_, yx_, yy_;
  Point at_;
};

// Catmull-Rom: cubic pieces through all points.
std::vector<Point> bent_line(const std::vector<Point>& points) {
  constexpr int kPieces = 6;
  std::vector<Point> line{points[0]};
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    const Point &a = points[i == 0 ? 0 : i - 1], &b = points[i], &c = points[i + 1],
                &d = points[std::min(i + 2, points.size() - 1)];
    for (int piece = 1; piece <= kPieces; ++piece) {
      const double t = static_cast<double>(piece) / kPieces;
      const auto at = [t](double p, double q, double r, double s) {
        return q + t * 0.5 * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
      };
      line.push_back({at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)});
    }
  }
  return line;
}

double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along =
      length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0.0;
  const double x = p.x - a.x - along * dx, y = p.y - a.y - along * dy;
  return std::sqrt(x * x + y * y);
}

// Paints the pixels that a pen of this width touches; its edge is one pixel soft.
void paint(const std::vector<Point>& line, double width, float* pixels) {
  const double reach = width / 2 + 0.5;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const Point a = line[i], b = line[i + 1];
    const auto first = [&](double x) {
      return std::clamp<int64_t>(static_cast<int64_t>(std::floor(x - reach)), 0, kSide);
    };
    const auto end = [&](double x) {
      return std::clamp<int64_t>(static_cast<int64_t>(std::ceil(x + reach)) + 1, 0, kSide);
    };
    for (int64_t y = first(std::min(a.y, b.y)); y < end(std::max(a.y, b.y)); ++y)
      for (int64_t x = first(std::min(a.x, b.x)); x < end(std::max(a.x, b.x)); ++x) {
        const Point pixel{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
        const double ink = std::clamp(reach - distance(pixel, a, b), 0.0, 1.0);
        float& shade = pixels[y * kSide + x];
        shade = std::max(shade, static_cast<float>(ink));
      }
  }
}

void draw_digit(int64_t digit, Random& random, float* pixels) {
  std::fill_n(pixels, kPixels, 0.0f);
  Hand hand(random);
  const double width = between(random, 1.2, 3.2), ink = between(random, 190, 255);
  for (const auto& [bent, points] : digit_strokes()[static_cast<size_t>(digit)]) {
    std::vector<Point> line;
    for (const Point& point : points) line.push_back(hand.write(point));
    paint(bent ? bent_line(line) : line, width, pixels);
  }
  for (int64_t i = 0; i < kPixels; ++i)
    pixels[i] = static_cast<float>(std::floor(
        std::clamp(static_cast<double>(pixels[i]) * ink + 12 * random.normal() - 6, 0.0, 255.0)));
}

}  // namespace

Dataset made_digits(int64_t rows, uint64_t seed) {
  if (rows < 1) fail("made_digits", "rows is {}; use 1 or more", rows);
  const Tensor images = Tensor::empty({rows, kSide, kSide});
  const Tensor labels = Tensor::empty({rows}, DType::i32);
  ThreadPool pool(available_threads());
  pool.run(rows, [&](int64_t row) {
    Random random(seed, static_cast<uint64_t>(row));
    const auto digit = static_cast<int64_t>(random.below(10));
    labels.data<int32_t>()[row] = static_cast<int32_t>(digit);
    draw_digit(digit, random, images.data<float>() + row * kPixels);
  });
  return Dataset(images, labels);
}

}  // namespace tutti::datasets
