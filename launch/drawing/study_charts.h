// Charts of many trials of one thing, each a Picture.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "launch/drawing/frame.h"
#include "launch/drawing/picture.h"

namespace tutti::drawing {

// Upright axes side by side and a line through them for each item, the later ones on top. Wider
// than other charts.
struct ParallelLine {
  std::vector<double> values;  // on each axis; NaN: it has none, and goes through a place below it
  Paint paint = Ink::series_1;
  double width = 1;
};
Picture draw_parallel(const std::string& title, const std::vector<Axis>& axes,
                      const std::vector<ParallelLine>& lines);

// Bars over time in rows. Wider than other charts.
struct Span {
  size_t row = 0;
  double begin = 0, end = 0;
  Ink ink = Ink::series_1;
  std::string word;  // in it, where there is room
};
Picture draw_spans(const std::string& title, const Axis& time, const std::vector<Span>& spans,
                   const std::vector<std::pair<std::string, Ink>>& legend);

// A quantity over a plane, of which some points are known: between them their mean, the nearer the
// more; the darker the better. A shade holds an eighth of the points. A choice has a stripe of its
// own, with its own points alone wherever it has some.
struct Field {
  std::string title;
  Axis x, y;
  std::vector<double> at_x, at_y, values;
  bool less_is_better = true;
};
Picture draw_field(const Field& field);

}  // namespace tutti::drawing
