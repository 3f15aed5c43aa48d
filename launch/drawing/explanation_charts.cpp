#include "launch/drawing/explanation_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "launch/drawing/charts.h"
#include "launch/drawing/frame.h"

namespace tutti::drawing {
namespace {

constexpr double kRowHeight = 22, kBarHeight = 14, kFirstRow = 46;
// Raising is orange and lowering blue, as in signed rasters.
constexpr Ink kRaises = Ink::series_2, kLowers = Ink::series_1;

Ink ink_of(double weight) { return weight < 0 ? kLowers : kRaises; }
std::string signed_text(double weight) { return fmt::format("{:+.3g}", weight); }

Picture titled(const std::string& title, const Explanation& explanation) {
  Picture picture(kChartWidth, 0, title);
  picture.text({8, 18}, fitted(title, kChartWidth - 16, 13, true),
               {13, Ink::text, Anchor::start, true});
  picture.text({8, 35},
               fmt::format("prediction {:.4g}, base value {:.4g}", explanation.prediction,
                           explanation.base_value),
               {11, Ink::soft});
  return picture;
}

// The largest, the first of them first, and the rest as one.
std::vector<Contribution> largest(std::vector<Contribution> all, size_t most, bool with_rest) {
  sort_by_weight(all);
  if (all.size() <= most) return all;
  Contribution rest{-1, fmt::format("{} others", all.size() - most), 0};
  for (size_t i = most; i < all.size(); ++i) rest.weight += all[i].weight;
  all.resize(most);
  if (with_rest) all.push_back(rest);
  return all;
}

double name_column(const std::vector<Contribution>& items) {
  double width = 0;
  for (const auto& item : items) width = std::max(width, text_width(item.name, 11));
  return std::min(150.0, width + 16);
}

// Numbers to places between two edges.
struct Scale {
  double low, high, left, right;
  double operator()(double value) const {
    return high > low ? left + (value - low) / (high - low) * (right - left) : (left + right) / 2;
  }
};

void write_name(Picture& picture, const Contribution& item, double column, double y) {
  picture.text({column - 8, y + kBarHeight - 3}, fitted(item.name, column - 12, 11),
               {11, Ink::soft, Anchor::end});
}

// Beside the bar's end, or on the other side where there is no room.
void write_weight(Picture& picture, double weight, double from, double to, double y) {
  const std::string text = signed_text(weight);
  const double width = text_width(text, 10) + 5;
  double right = std::max(from, to) + 5;
  Anchor anchor = Anchor::start;
  if (right + width > kChartWidth) right = std::min(from, to) - 5, anchor = Anchor::end;
  picture.text({right, y + kBarHeight - 3}, text, {10, Ink::soft, anchor});
}

}  // namespace

Picture draw_contributions(const Explanation& explanation, const std::string& title, size_t most) {
  const auto items = largest(explanation.contributions, most, false);
  Picture picture = titled(title, explanation);
  const double column = name_column(items);
  double low = 0, high = 0;
  for (const auto& item : items)
    low = std::min(low, item.weight), high = std::max(high, item.weight);
  const Scale scale{low, high, column + (low < 0 ? 46 : 0), kChartWidth - (high > 0 ? 52 : 8)};
  double y = kFirstRow;
  for (const auto& item : items) {
    const double from = scale(0), to = scale(item.weight);
    write_name(picture, item, column, y);
    picture.rectangle({std::min(from, to), y, std::abs(to - from), kBarHeight}, ink_of(item.weight),
                      {}, 2);
    picture.text({item.weight < 0 ? to - 5 : to + 5, y + kBarHeight - 3}, signed_text(item.weight),
                 {10, Ink::soft, item.weight < 0 ? Anchor::end : Anchor::start});
    y += kRowHeight;
  }
  picture.line({{scale(0), kFirstRow - 4}, {scale(0), y - 4}}, {Ink::axis});
  picture.set_size(kChartWidth, y + 6);
  return picture;
}

Picture draw_waterfall(const Explanation& explanation, const std::string& title, size_t most) {
  auto items = largest(explanation.contributions, most, true);
  Picture picture = titled(title, explanation);
  const double column = name_column(items);
  // From the bottom: the smallest first, so that the largest ends at the top.
  std::reverse(items.begin(), items.end());
  double low = explanation.base_value, high = low, at = low;
  for (const auto& item : items) {
    at += item.weight;
    low = std::min(low, at), high = std::max(high, at);
  }
  const Scale scale{low, high, column + 8, kChartWidth - 56};
  double y = kFirstRow + kRowHeight * static_cast<double>(items.size());
  at = explanation.base_value;
  const auto upright = [&](double value, double from, double to) {
    picture.line({{scale(value), from}, {scale(value), to}}, {Ink::axis, 1, true});
  };
  upright(at, y - kRowHeight, y + 4);
  picture.text({scale(at), y + 16}, fmt::format("base {:.4g}", at),
               {10, Ink::soft, scale(at) > kChartWidth / 2 ? Anchor::end : Anchor::start});
  for (const auto& item : items) {
    y -= kRowHeight;
    const double from = scale(at), to = scale(at += item.weight);
    write_name(picture, item, column, y);
    picture.rectangle({std::min(from, to), y, std::max(1.0, std::abs(to - from)), kBarHeight},
                      ink_of(item.weight), {}, 2);
    write_weight(picture, item.weight, from, to, y);
    upright(at, y - (kRowHeight - kBarHeight), y);
  }
  picture.set_size(kChartWidth, kFirstRow + kRowHeight * static_cast<double>(items.size()) + 24);
  return picture;
}

Picture draw_force(const Explanation& explanation, const std::string& title) {
  std::vector<Contribution> items = explanation.contributions;
  sort_by_weight(items);
  Picture picture = titled(title, explanation);
  double raised = 0, lowered = 0;
  for (const auto& item : items) (item.weight < 0 ? lowered : raised) += std::abs(item.weight);
  const double meet = explanation.prediction;
  const Scale scale{meet - raised, meet + lowered, 12, kChartWidth - 12};
  const double y = kFirstRow + 34, height = 20;
  // The largest lie at the meeting point; words stand where there is room for them.
  double left = meet, right = meet;
  for (const auto& item : items) {
    const double size = std::abs(item.weight);
    const double from = item.weight < 0 ? right : left - size;
    (item.weight < 0 ? right : left) += item.weight < 0 ? size : -size;
    const Box box{scale(from), y, std::max(0.0, scale(from + size) - scale(from) - 1), height};
    picture.rectangle(box, ink_of(item.weight), {}, 3);
    if (box.width > 28)
      picture.text({box.x + box.width / 2, y + height + 14}, fitted(item.name, box.width, 10),
                   {10, ink_of(item.weight), Anchor::middle});
  }
  picture.line({{scale(meet), y - 12}, {scale(meet), y + height + 3}}, {Ink::text, 1.5});
  picture.text({scale(meet), y - 17}, fmt::format("{:.4g}", meet),
               {12, Ink::text, Anchor::middle, true});
  const double base = scale(explanation.base_value);
  picture.line({{base, y - 5}, {base, y + height + 3}}, {Ink::axis, 1, true});
  picture.set_size(kChartWidth, y + height + 26);
  return picture;
}

}  // namespace tutti::drawing
