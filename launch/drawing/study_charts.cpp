#include "launch/drawing/study_charts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "launch/drawing/charts.h"

namespace tutti::drawing {
namespace {

constexpr double kWideChart = 1200;
constexpr int kShades = 8;

Picture with_title(double width, double height, const std::string& title) {
  Picture picture(width, height, title);
  picture.text({8, 18}, fitted(title, width - 16, 13, true), {13, Ink::text, Anchor::start, true});
  return picture;
}

// --- a field ----------------------------------------------------------------------------------

// A place on an axis, 0 to 1, moved to the middle of its choice.
double settled(const Axis& axis, double place) {
  if (axis.words.empty()) return place;
  const auto count = static_cast<double>(axis.words.size());
  return (std::min(std::floor(place * count), count - 1) + 0.5) / count;
}

// The mean of the points' values, weighed by the fourth power of nearness; `near` is a distance
// below which it no longer matters.
double mean_near(const std::vector<Point>& places, const std::vector<double>& values, Point at) {
  constexpr double near = 0.03;
  double sum = 0, weights = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    const double dx = places[i].x - at.x, dy = places[i].y - at.y;
    const double weight = 1 / std::pow(dx * dx + dy * dy + near * near, 2);
    sum += weight * values[i];
    weights += weight;
  }
  return sum / weights;
}

// Points of other choices are far away.
Point stretched(const Field& field, Point place) {
  constexpr double far = 20;
  return {field.x.words.empty() ? place.x : place.x * far,
          field.y.words.empty() ? place.y : place.y * far};
}

Rgb shade(double goodness) {
  const Rgb full = color_of(Ink::series_1, false);
  const auto mix = [&](uint8_t to) {
    return static_cast<uint8_t>(std::lround(245 + (to - 245) * goodness));
  };
  return {mix(full.red), mix(full.green), mix(full.blue)};
}

// The values between which shades change, worst first; equal shares of the points lie between them.
std::vector<double> limits_of(const Field& field) {
  std::vector<double> sorted = field.values;
  std::sort(sorted.begin(), sorted.end());
  if (field.less_is_better) std::reverse(sorted.begin(), sorted.end());
  std::vector<double> limits;
  for (int i = 0; i <= kShades; ++i)
    limits.push_back(sorted[static_cast<size_t>(
        std::lround(static_cast<double>(sorted.size() - 1) * i / kShades))]);
  return limits;
}

Raster shaded(const Field& field, const std::vector<double>& limits, int width, int height) {
  std::vector<Point> places;
  for (size_t i = 0; i < field.values.size(); ++i)
    places.push_back(
        stretched(field, {place_on(field.x, field.at_x[i]), place_on(field.y, field.at_y[i])}));
  Raster raster{width, height, {}};
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      const Point at{settled(field.x, (column + 0.5) / width),
                     settled(field.y, 1 - (row + 0.5) / height)};
      const double value = mean_near(places, field.values, stretched(field, at));
      const auto passed = std::count_if(limits.begin() + 1, limits.end() - 1, [&](double limit) {
        return field.less_is_better ? value < limit : value > limit;
      });
      raster.pixels.push_back(shade(static_cast<double>(passed) / (kShades - 1)));
    }
  return raster;
}

void draw_shades(Picture& picture, const Box& box, const std::vector<double>& limits) {
  const double height = box.height / kShades;
  for (int i = 0; i < kShades; ++i)
    picture.rectangle({box.x, box.y + height * (kShades - 1 - i), box.width, height},
                      shade(static_cast<double>(i) / (kShades - 1)));
  for (const int i : {0, kShades / 2, kShades})
    picture.text({box.right() + 4, box.bottom() - height * i + 4},
                 tick_text(limits[static_cast<size_t>(i)]), {10, Ink::soft});
}

}  // namespace

Picture draw_field(const Field& field) {
  Picture picture = with_title(kChartWidth, kChartHeight, field.title);
  const double left = field.y.words.empty() ? 48 : 84;
  const Box box{left, 50, kChartWidth - 72 - left, kChartHeight - 90};
  const auto limits = limits_of(field);
  Frame frame(picture, box, field.x, field.y);
  picture.raster(box, shaded(field, limits, 96, 64));
  size_t best = 0;
  for (size_t i = 0; i < field.values.size(); ++i) {
    const bool better = field.less_is_better ? field.values[i] < field.values[best]
                                             : field.values[i] > field.values[best];
    if (better) best = i;
    picture.circle(frame.at(field.at_x[i], field.at_y[i]), 2.5, Rgb{40, 40, 40},
                   {Rgb{255, 255, 255}, 1});
  }
  picture.circle(frame.at(field.at_x[best], field.at_y[best]), 5, Ink::series_2,
                 {Rgb{255, 255, 255}, 1.5});
  draw_shades(picture, {box.right() + 12, box.y, 12, box.height}, limits);
  return picture;
}

Picture draw_parallel(const std::string& title, const std::vector<Axis>& axes,
                      const std::vector<ParallelLine>& lines) {
  const double left = 60, top = 64, height = 250, none = top + height + 22;
  const double gap =
      std::min(190.0, (kWideChart - 2 * left) / static_cast<double>(axes.size() - 1));
  Picture picture =
      with_title(2 * left + gap * static_cast<double>(axes.size() - 1), none + 18, title);
  const auto x_of = [&](size_t axis) { return left + gap * static_cast<double>(axis); };
  bool any_none = false;
  for (const ParallelLine& line : lines) {
    std::vector<Point> points;
    for (size_t a = 0; a < axes.size(); ++a) {
      const bool missing = std::isnan(line.values[a]);
      any_none = any_none || missing;
      points.push_back(
          {x_of(a), missing ? none : top + height * (1 - place_on(axes[a], line.values[a]))});
    }
    picture.line(std::move(points), {line.paint, line.width});
  }
  for (size_t a = 0; a < axes.size(); ++a) {
    const double x = x_of(a);
    picture.line({{x, top}, {x, top + height}}, {Ink::axis, 1.5});
    picture.text({x, top - 14}, fitted(axes[a].label, gap - 8, 11, true),
                 {11, Ink::text, Anchor::middle, true});
    for (const auto& [value, text] : tick_texts(axes[a], 6)) {
      const double y = top + height * (1 - place_on(axes[a], value));
      const std::string word = fitted(text, gap / 2, 10.5);
      const double width = text_width(word, 10.5);
      picture.line({{x - 4, y}, {x, y}}, {Ink::axis});
      picture.rectangle({x - 8 - width, y - 7, width + 2, 14}, {Ink::paper, 0.75}, {}, 2);
      picture.text({x - 7, y + 4}, word, {10.5, Ink::soft, Anchor::end});
    }
  }
  if (any_none) picture.text({8, none + 4}, "not there", {10.5, Ink::soft});
  return picture;
}

Picture draw_spans(const std::string& title, const Axis& time, const std::vector<Span>& spans,
                   const std::vector<std::pair<std::string, Ink>>& legend) {
  size_t rows = 1;
  for (const Span& span : spans) rows = std::max(rows, span.row + 1);
  const double left = 16, top = 52,
               height = std::clamp(640.0 / static_cast<double>(rows), 5.0, 20.0);
  const double bottom = top + height * static_cast<double>(rows), width = kWideChart - 2 * left;
  Picture picture = with_title(kWideChart, bottom + 44, title);
  double x = 8;
  for (const auto& [word, ink] : legend) {
    picture.rectangle({x, 27, 18, 10}, ink, {}, 2);
    picture.text({x + 24, 36}, word, {11, Ink::soft});
    x += 24 + text_width(word, 11) + 14;
  }
  const auto x_of = [&](double value) { return left + width * place_on(time, value); };
  for (const auto& [value, text] : tick_texts(time, 12)) {
    picture.line({{x_of(value), top}, {x_of(value), bottom + 4}}, {Ink::grid});
    picture.text({x_of(value), bottom + 17}, text, {11, Ink::soft, Anchor::middle});
  }
  for (const Span& span : spans) {
    const Box box{x_of(span.begin), top + height * static_cast<double>(span.row) + 1,
                  std::max(1.5, x_of(span.end) - x_of(span.begin) - 1), height - 2};
    picture.rectangle(box, {span.ink, 0.85}, {}, std::min(3.0, box.width / 3));
    if (height >= 14 && text_width(span.word, 10) + 4 <= box.width)
      picture.text({box.x + box.width / 2, box.y + height / 2 + 2.5}, span.word,
                   {10, Ink::paper, Anchor::middle, true});
  }
  picture.text({left, bottom + 35}, time.label, {11, Ink::soft});
  return picture;
}

}  // namespace tutti::drawing
