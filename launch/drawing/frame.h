// A field with axes, for data to be drawn in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "launch/drawing/picture.h"

namespace tutti::drawing {

struct Axis {
  std::string label;
  double low = 0, high = 1;
  bool logarithmic = false;
  bool whole = false;                   // its numbers are whole: epochs
  std::vector<std::string> words = {};  // of the places 0, 1, ...: choices
};

// Where a value lies between the ends of an axis: 0 to 1.
double place_on(const Axis& axis, double value);

// From the least to the largest finite number of `each`, with a little room; of one number, around
// it. Logarithmic where all are positive and `spread` (largest / least) or more apart.
Axis axis_over(std::string label, const std::vector<std::vector<double>>& each, double spread = 0);

// Round numbers in [low, high], about `count`; powers of ten of a logarithmic axis.
std::vector<double> ticks(const Axis& axis, int count);
std::string tick_text(double value);  // "0.25", "12k", "3e-05"
// What an axis says, and where: its words, or about `count` numbers.
std::vector<std::pair<double, std::string>> tick_texts(const Axis& axis, int count);

class Frame {
 public:
  // Draws grid, numbers and labels around `field`, which leaves room for them: 46 pixels on the
  // left, 36 below.
  Frame(Picture& picture, const Box& field, Axis x, Axis y);

  Point at(double x, double y) const;  // may lie outside the field
  bool holds(double x, double y) const;
  const Box& field() const { return field_; }
  // Through the points in their order; broken where a number is not finite.
  void line(const std::vector<double>& x, const std::vector<double>& y, Stroke stroke);
  void dots(const std::vector<double>& x, const std::vector<double>& y, double radius, Paint fill);
  // A line at a place of the x axis, with a word at its top.
  void mark(double x, const std::string& word, Paint paint);

 private:
  void draw_axes();

  Picture& picture_;
  Box field_;
  Axis x_, y_;
};

}  // namespace tutti::drawing
