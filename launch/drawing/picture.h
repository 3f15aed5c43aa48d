// A picture: shapes in the order drawn, in pixels from the top left corner, y downwards. What it is
// painted with is a role (Ink), so that one picture is right on light and on dark paper; svg.h and
// png.h write it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tutti::drawing {

// Roles. The series can be told apart by the colour-blind (after Okabe and Ito, 2008).
enum class Ink : uint8_t {
  none,
  paper,  // what lies below everything
  panel,  // a field on it
  grid,
  axis,
  soft,  // words beside the matter
  text,
  series_1,
  series_2,
  series_3,
  series_4,
  series_5,
  series_6,
  fixed,  // `rgb` on any paper: colours that stand for numbers
};
inline constexpr int kSeries = 6;
Ink series(size_t index);  // repeats after the last

struct Rgb {
  uint8_t red = 0, green = 0, blue = 0;
};
Rgb color_of(Ink ink, bool dark);
const char* name_of(Ink ink);  // "series-1"

struct Paint {
  Paint(Ink ink = Ink::none, double opacity = 1) : ink(ink), opacity(opacity) {}
  Paint(Rgb rgb, double opacity = 1) : ink(Ink::fixed), rgb(rgb), opacity(opacity) {}
  Ink ink;
  Rgb rgb;
  double opacity;
};

struct Stroke {
  Paint paint;
  double width = 1;
  bool dashed = false;
};

struct Point {
  double x = 0, y = 0;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

enum class Anchor : uint8_t { start, middle, end };

struct Letters {
  double size = 12;
  Paint paint = Ink::text;
  Anchor anchor = Anchor::start;
  bool bold = false;
  double turned = 0;  // degrees, clockwise
};

// Pixels in rows from the top, 3 bytes each.
struct Raster {
  int width = 0, height = 0;
  std::vector<Rgb> pixels;
  Rgb& at(int x, int y) { return pixels[static_cast<size_t>(y) * width + x]; }
};

struct RectangleShape {
  Box box;
  Paint fill;
  Stroke stroke;
  double radius = 0;
};
struct CircleShape {
  Point centre;
  double radius = 0;
  Paint fill;
  Stroke stroke;
};
struct PathShape {  // straight pieces, or with `curved` groups of three: two handles and an end
  std::vector<Point> points;
  bool closed = false, curved = false;
  Paint fill;
  Stroke stroke;
};
struct TextShape {
  Point at;  // of the base line
  std::string text;
  Letters letters;
};
struct RasterShape {
  Box box;
  Raster raster;
};
using Element = std::variant<RectangleShape, CircleShape, PathShape, TextShape, RasterShape>;

class Picture {
 public:
  Picture() = default;
  // `title` says what is seen, for those who do not see it.
  Picture(double width, double height, std::string title)
      : width_(width), height_(height), title_(std::move(title)) {}

  void rectangle(const Box& box, Paint fill, Stroke stroke = {}, double radius = 0);
  void circle(Point centre, double radius, Paint fill, Stroke stroke = {});
  void line(std::vector<Point> points, Stroke stroke);
  void polygon(std::vector<Point> points, Paint fill, Stroke stroke = {});
  void curve(std::vector<Point> points, Stroke stroke);  // begin, then (handle, handle, end)...
  void text(Point at, const std::string& text, Letters letters = {});
  void raster(const Box& box, Raster raster);
  void add(const Picture& other, Point at);  // its shapes, moved

  double width() const { return width_; }
  double height() const { return height_; }
  void set_size(double width, double height) { width_ = width, height_ = height; }
  const std::string& title() const { return title_; }
  const std::vector<Element>& elements() const { return elements_; }

 private:
  double width_ = 0, height_ = 0;
  std::string title_;
  std::vector<Element> elements_;
};

// The text with a question mark for each byte that is no UTF-8: names come from files of others.
std::string legible(const std::string& text);
// Pixels that a text takes at most in the sans-serif fonts that systems have.
double text_width(const std::string& text, double size, bool bold = false);
// The text cut to fit, ending in "…" if it was.
std::string fitted(const std::string& text, double width, double size, bool bold = false);

}  // namespace tutti::drawing
