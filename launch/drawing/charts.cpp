#include "launch/drawing/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tutti::drawing {
namespace {

constexpr double kTitle = 13;

void write_title(Picture& picture) {
  picture.text({8, 18}, fitted(picture.title(), picture.width() - 16, kTitle, true),
               {kTitle, Ink::text, Anchor::start, true});
}

// Names with a piece of their line, from the left, wrapped; the y below them.
double write_legend(Picture& picture, const std::vector<Series>& series, double y) {
  double x = 8;
  bool any = false;
  for (const Series& each : series) {
    if (each.name.empty()) continue;
    const double width = 24 + text_width(each.name, 11) + 12;
    if (any && x + width > picture.width()) x = 8, y += 16;
    if (each.joined)
      picture.line({{x, y - 4}, {x + 18, y - 4}}, {each.ink, 2.5, each.dashed});
    else
      picture.circle({x + 9, y - 4}, 4, each.ink);
    picture.text({x + 24, y}, each.name, {11, Ink::soft});
    x += width;
    any = true;
  }
  return any ? y : y - 16;
}

double widest(const std::vector<std::string>& texts, double size) {
  double width = 0;
  for (const auto& text : texts) width = std::max(width, text_width(text, size));
  return width;
}

}  // namespace

Picture draw_curves(const Curves& curves) {
  Picture picture(kChartWidth, kChartHeight, curves.title);
  write_title(picture);
  const double legend = write_legend(picture, curves.series, 36);
  const double top = legend + (curves.y.label.empty() ? 14 : 28);
  Frame frame(picture, {48, top, kChartWidth - 64, kChartHeight - top - 40}, curves.x, curves.y);
  if (curves.diagonal)
    picture.line({frame.at(curves.x.low, curves.y.low), frame.at(curves.x.high, curves.y.high)},
                 {Ink::axis, 1, true});
  for (const Mark& mark : curves.marks) frame.mark(mark.x, mark.word, Ink::series_2);
  for (const Series& series : curves.series) {
    if (series.joined)
      frame.line(series.x, series.y, {{series.ink, series.opacity}, 2, series.dashed});
    // A single point makes no line.
    if (series.dotted || !series.joined || series.x.size() == 1)
      frame.dots(series.x, series.y, 3,
                 {series.ink, series.opacity * (series.x.size() > 1 ? 0.7 : 1)});
  }
  return picture;
}

Picture draw_bars(const std::string& title, const std::vector<std::string>& names,
                  const std::vector<Series>& series) {
  const double bar = 12, group = bar * static_cast<double>(series.size()) + 10;
  const double left = std::min(140.0, widest(names, 11) + 16);
  Picture picture(kChartWidth, 0, title);
  write_title(picture);
  double y = write_legend(picture, series, 36) + 14;
  double most = 0;
  for (const Series& each : series)
    for (const double value : each.y) most = std::max(most, value);
  const double room = kChartWidth - left - 56;
  for (size_t i = 0; i < names.size(); ++i) {
    picture.text({left - 8, y + (group - 10) / 2 + 4}, fitted(names[i], left - 12, 11),
                 {11, Ink::soft, Anchor::end});
    for (size_t s = 0; s < series.size(); ++s) {
      const double value = series[s].y.at(i), top = y + bar * static_cast<double>(s);
      const double width = most > 0 ? value / most * room : 0;
      picture.rectangle({left, top, width, bar - 2}, series[s].ink, {}, 2);
      picture.text({left + width + 5, top + bar - 3}, tick_text(value), {10, Ink::soft});
    }
    y += group;
  }
  picture.set_size(kChartWidth, y + 4);
  return picture;
}

Picture draw_heat_map(const HeatMap& map) {
  const double left = std::min(120.0, widest(map.rows, 11) + 34);
  const auto columns = static_cast<double>(map.columns.size());
  const double cell = std::clamp((kChartWidth - left - 8) / columns, 4.0, 56.0);
  const double top = 66;
  Picture picture(kChartWidth, 0, map.title);
  write_title(picture);
  picture.text({left, 40}, map.column_label, {11, Ink::soft});
  const bool names = cell >= 14;
  for (size_t c = 0; names && c < map.columns.size(); ++c)
    picture.text({left + cell * (static_cast<double>(c) + 0.5), top - 8},
                 fitted(map.columns[c], cell - 2, 10.5), {10.5, Ink::soft, Anchor::middle});
  for (size_t r = 0; r < map.rows.size(); ++r) {
    const double y = top + cell * static_cast<double>(r);
    if (names)
      picture.text({left - 6, y + cell / 2 + 4}, fitted(map.rows[r], left - 28, 10.5),
                   {10.5, Ink::soft, Anchor::end});
    const double most = *std::max_element(map.values[r].begin(), map.values[r].end());
    for (size_t c = 0; c < map.columns.size(); ++c) {
      const double share = most > 0 ? map.values[r][c] / most : 0;
      const Box box{left + cell * static_cast<double>(c), y, cell - 1, cell - 1};
      picture.rectangle(box, Ink::panel, {}, 2);
      if (share > 0) picture.rectangle(box, {Ink::series_1, 0.12 + 0.88 * share}, {}, 2);
      const std::string& text = map.texts[r][c];
      const double size = std::min(11.0, cell * 0.4);
      if (size >= 6 && text_width(text, size) <= cell)
        picture.text({box.x + box.width / 2, box.y + box.height / 2 + size * 0.36}, text,
                     {size,
                      share > 0.5 ? Ink::paper
                      : share > 0 ? Ink::text
                                  : Ink::axis,
                      Anchor::middle});
    }
  }
  const double bottom = top + cell * static_cast<double>(map.rows.size());
  picture.text({14, (top + bottom) / 2}, map.row_label,
               {11, Ink::soft, Anchor::middle, false, -90});
  picture.set_size(kChartWidth, bottom + 8);
  return picture;
}

Picture draw_sheet(const std::string& title, const std::vector<Tile>& tiles, double tile_width) {
  const double gap = 8, room = kChartWidth - 16;
  const auto columns = std::max(1, static_cast<int>((room + gap) / (tile_width + gap)));
  double tile_height = 0, words = 0;
  for (const Tile& tile : tiles) {
    tile_height = std::max(tile_height, tile_width * tile.raster.height / tile.raster.width);
    words = std::max(words, tile.second.empty() ? tile.first.empty() ? 0.0 : 14.0 : 27.0);
  }
  Picture picture(kChartWidth, 0, title);
  write_title(picture);
  double y = 30;
  for (size_t i = 0; i < tiles.size(); ++i) {
    const int column = static_cast<int>(i) % columns;
    if (i > 0 && column == 0) y += tile_height + words + gap;
    const double x = 8 + column * (tile_width + gap);
    const Tile& tile = tiles[i];
    picture.raster({x, y, tile_width, tile_width * tile.raster.height / tile.raster.width},
                   tile.raster);
    const auto write = [&](const std::string& text, double below, Paint paint) {
      if (!text.empty())
        picture.text({x + tile_width / 2, y + tile_height + below},
                     fitted(text, tile_width + gap - 2, 10), {10, paint, Anchor::middle});
    };
    write(tile.first, 12, Ink::soft);
    write(tile.second, 24, tile.wrong ? Ink::series_2 : Ink::soft);
  }
  picture.set_size(kChartWidth, y + tile_height + words + 8);
  return picture;
}

Raster grey_raster(const std::vector<double>& values, int height, int width, double low,
                   double high) {
  Raster raster{width, height, {}};
  for (const double value : values) {
    const double share = high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0.5;
    const auto level = static_cast<uint8_t>(std::lround((std::isfinite(share) ? share : 0) * 255));
    raster.pixels.push_back({level, level, level});
  }
  return raster;
}

Raster signed_raster(const std::vector<double>& values, int height, int width, double limit) {
  Raster raster{width, height, {}};
  const Rgb below = color_of(Ink::series_1, false), above = color_of(Ink::series_2, false);
  for (const double value : values) {
    const double share =
        limit > 0 && std::isfinite(value) ? std::clamp(value / limit, -1.0, 1.0) : 0.0;
    const Rgb& end = share < 0 ? below : above;
    const auto mix = [&](uint8_t to) {
      return static_cast<uint8_t>(std::lround(255 + (to - 255) * std::abs(share)));
    };
    raster.pixels.push_back({mix(end.red), mix(end.green), mix(end.blue)});
  }
  return raster;
}

}  // namespace tutti::drawing
