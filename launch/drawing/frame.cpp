#include "launch/drawing/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tutti::drawing {
namespace {

constexpr double kNoise = 0.3;  // pixels that nobody sees

double gap(Point a, Point b) { return std::max(std::abs(a.x - b.x), std::abs(a.y - b.y)); }

// The points of the piece from `a` to `b` that lie in the box's height; false if none.
bool clip_to_height(Point& a, Point& b, double top, double bottom) {
  if (std::max(a.y, b.y) < top || std::min(a.y, b.y) > bottom) return false;
  const auto cut = [&](Point& end, const Point& other) {
    const double limit = std::clamp(end.y, top, bottom);
    if (limit == end.y) return;
    end.x += (other.x - end.x) * (limit - end.y) / (other.y - end.y);
    end.y = limit;
  };
  const Point begin = a;
  cut(a, b);
  cut(b, begin);
  return true;
}

}  // namespace

double place_on(const Axis& axis, double value) {
  if (!axis.logarithmic) return (value - axis.low) / (axis.high - axis.low);
  return (std::log(value) - std::log(axis.low)) / (std::log(axis.high) - std::log(axis.low));
}

Axis axis_over(std::string label, const std::vector<std::vector<double>>& each, double spread) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& values : each)
    for (const double value : values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  if (!(low <= high)) return {std::move(label), 0, 1, false};
  using Numbers = std::numeric_limits<double>;
  if (low > 0 && spread > 0 && high / low >= spread)
    return {std::move(label), std::max(low / 1.2, Numbers::denorm_min()),
            std::min(high * 1.2, Numbers::max()), true};
  // Values that differ in their last bits are not told apart: there is no number between them.
  const double room =
      high > low ? std::max((high - low) * 0.06, std::max(std::abs(low), std::abs(high)) * 1e-9)
                 : std::max(std::abs(high) * 0.5, 0.5);
  // What is never negative begins at zero, unless all of it lies far from there.
  const bool from_zero = low >= 0 && low < high / 2;
  return {std::move(label), from_zero ? 0 : low - room, high + room, false};
}

std::vector<double> ticks(const Axis& axis, int count) {
  std::vector<double> found;
  if (axis.logarithmic && axis.low > 0) {
    const double first = std::ceil(std::log10(axis.low) - 1e-9);
    const double last = std::floor(std::log10(axis.high) + 1e-9);
    const double step = std::max(1.0, std::ceil((last - first + 1) / std::max(count, 1)));
    for (int i = 0; i <= count && first + i * step <= last; ++i)
      found.push_back(std::pow(10.0, first + i * step));
    if (found.size() >= 2) return found;
    found.clear();  // within two decades
    for (double power = first - 1; power <= last + 1; ++power)
      for (const double factor : {1.0, 2.0, 5.0})
        if (const double value = factor * std::pow(10.0, power);
            value >= axis.low && value <= axis.high)
          found.push_back(value);
    if (found.size() >= 2) return found;
    found.clear();  // within a half
  }
  const double rough = (axis.high - axis.low) / std::max(count, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double factor : {1.0, 2.0, 5.0})
    if (power * factor >= rough) {
      step = power * factor;
      break;
    }
  const double first = std::ceil(axis.low / step - 1e-9);
  for (int n = 0; n <= count && (first + n) * step <= axis.high + step * 1e-9; ++n)
    found.push_back(first + n == 0 ? 0 : (first + n) * step);
  return found;
}

std::string tick_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e6 && size < 1e9) return fmt::format("{:.4g}M", value / 1e6);
  if (size >= 1e4 && size < 1e6) return fmt::format("{:.4g}k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

std::vector<std::pair<double, std::string>> tick_texts(const Axis& axis, int count) {
  std::vector<std::pair<double, std::string>> texts;
  for (size_t i = 0; i < axis.words.size(); ++i) texts.emplace_back(i, axis.words[i]);
  if (texts.empty())
    for (const double value : ticks(axis, count))
      if (!axis.whole || value == std::floor(value)) texts.emplace_back(value, tick_text(value));
  return texts;
}

Frame::Frame(Picture& picture, const Box& field, Axis x, Axis y)
    : picture_(picture), field_(field), x_(std::move(x)), y_(std::move(y)) {
  draw_axes();
}

void Frame::draw_axes() {
  for (const auto& [value, text] : tick_texts(y_, 5)) {
    const double y = at(x_.low, value).y;
    picture_.line({{field_.x, y}, {field_.right(), y}}, {Ink::grid});
    picture_.text({field_.x - 6, y + 4}, fitted(text, field_.x - 8, 11),
                  {11, Ink::soft, Anchor::end});
  }
  const double room =
      x_.words.empty() ? field_.width : field_.width / static_cast<double>(x_.words.size()) - 4;
  for (const auto& [value, text] : tick_texts(x_, 6)) {
    const double x = at(value, y_.low).x;
    picture_.line({{x, field_.bottom()}, {x, field_.bottom() + 4}}, {Ink::axis});
    picture_.text({x, field_.bottom() + 16}, fitted(text, room, 11),
                  {11, Ink::soft, Anchor::middle});
  }
  picture_.line({{field_.x, field_.bottom()}, {field_.right(), field_.bottom()}}, {Ink::axis});
  picture_.text({field_.x + field_.width / 2, field_.bottom() + 32}, x_.label,
                {11, Ink::soft, Anchor::middle});
  if (!y_.label.empty()) picture_.text({field_.x - 36, field_.y - 8}, y_.label, {11, Ink::soft});
}

Point Frame::at(double x, double y) const {
  return {field_.x + place_on(x_, x) * field_.width,
          field_.bottom() - place_on(y_, y) * field_.height};
}

bool Frame::holds(double x, double y) const {
  return x >= x_.low && x <= x_.high && y >= y_.low && y <= y_.high;
}

void Frame::line(const std::vector<double>& x, const std::vector<double>& y, Stroke stroke) {
  std::vector<Point> run;
  const auto finish = [&] {
    if (run.size() > 1) picture_.line(run, stroke);
    run.clear();
  };
  for (size_t i = 0; i + 1 < std::min(x.size(), y.size()); ++i) {
    Point a = at(x[i], y[i]), b = at(x[i + 1], y[i + 1]);
    const bool finite = std::isfinite(a.y) && std::isfinite(b.y) && std::isfinite(a.x + b.x);
    if (!finite || !clip_to_height(a, b, field_.y, field_.bottom())) {
      finish();
      continue;
    }
    if (run.empty() || gap(run.back(), a) > kNoise) {
      finish();
      run.push_back(a);
    }
    // Thousands of epochs are no more points than can be told apart.
    if (gap(run.back(), b) > kNoise || i + 2 == std::min(x.size(), y.size())) run.push_back(b);
  }
  finish();
}

void Frame::dots(const std::vector<double>& x, const std::vector<double>& y, double radius,
                 Paint fill) {
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    if (holds(x[i], y[i])) picture_.circle(at(x[i], y[i]), radius, fill);
}

void Frame::mark(double x, const std::string& word, Paint paint) {
  const double place = at(x, y_.low).x;
  picture_.line({{place, field_.y}, {place, field_.bottom()}}, {paint, 1.5, true});
  const bool left = place > field_.x + field_.width / 2;
  picture_.text({place + (left ? -5 : 5), field_.y + 11}, word,
                {11, paint, left ? Anchor::end : Anchor::start, true});
}

}  // namespace tutti::drawing
