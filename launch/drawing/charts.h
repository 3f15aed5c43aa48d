// Whole charts, each a Picture of a width that a telephone shows at its own size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/drawing/frame.h"

namespace tutti::drawing {

inline constexpr double kChartWidth = 400, kChartHeight = 270;

struct Series {
  std::string name;
  std::vector<double> x, y;
  Ink ink = Ink::series_1;
  bool dashed = false;
  bool dotted = false;  // its points are drawn too
  bool joined = true;   // or its points alone
  double opacity = 1;
};
struct Mark {
  double x = 0;
  std::string word;
};
struct Curves {
  std::string title;
  Axis x, y;
  std::vector<Series> series;
  std::vector<Mark> marks = {};
  bool diagonal = false;  // from corner to corner, for comparison
};
Picture draw_curves(const Curves& curves);

// A group of bars for each name, one bar for each series (its `y`), with its number behind it.
Picture draw_bars(const std::string& title, const std::vector<std::string>& names,
                  const std::vector<Series>& series);

// Cells darker the larger their value is beside the largest of their row; `texts` stand in them.
struct HeatMap {
  std::string title, row_label, column_label;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<double>> values;
  std::vector<std::vector<std::string>> texts;
};
Picture draw_heat_map(const HeatMap& map);

// Small pictures in rows, a line or two of words below each.
struct Tile {
  Raster raster;
  std::string first, second;
  bool wrong = false;  // the second line is painted as a warning
};
Picture draw_sheet(const std::string& title, const std::vector<Tile>& tiles, double tile_width);

// Numbers as grey from black (low) to white (high); height x width values, rows from the top.
Raster grey_raster(const std::vector<double>& values, int height, int width, double low,
                   double high);
// From blue (-limit) over white to orange (limit).
Raster signed_raster(const std::vector<double>& values, int height, int width, double limit);

}  // namespace tutti::drawing
