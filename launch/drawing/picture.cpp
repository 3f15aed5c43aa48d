#include "launch/drawing/picture.h"

#include <array>
#include <cmath>
#include <string_view>

namespace tutti::drawing {
namespace {

struct Tone {
  const char* name;
  Rgb light, dark;
};

constexpr std::array<Tone, 13> kTones = {{
    {"none", {0, 0, 0}, {0, 0, 0}},
    {"paper", {255, 255, 255}, {22, 25, 30}},
    {"panel", {244, 246, 248}, {32, 36, 43}},
    {"grid", {226, 230, 235}, {52, 58, 67}},
    {"axis", {148, 156, 166}, {110, 119, 131}},
    {"soft", {92, 100, 110}, {160, 168, 178}},
    {"text", {28, 32, 38}, {230, 234, 239}},
    {"series-1", {0, 104, 171}, {88, 172, 230}},
    {"series-2", {203, 83, 0}, {247, 146, 80}},
    {"series-3", {0, 140, 102}, {66, 201, 158}},
    {"series-4", {181, 91, 143}, {227, 153, 196}},
    {"series-5", {158, 116, 0}, {232, 187, 68}},
    {"series-6", {86, 92, 160}, {154, 160, 226}},
}};

size_t bytes_of_letter(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

double letter_width(unsigned char letter) {  // in ems
  constexpr std::string_view thin = "ijl.,:;'|!()[] It/f", wide = "mwMW%@";
  if (letter >= 0x80) return 0.8;
  if (thin.find(static_cast<char>(letter)) != std::string_view::npos) return 0.38;
  if (wide.find(static_cast<char>(letter)) != std::string_view::npos) return 0.97;
  return std::isupper(letter) ? 0.72 : 0.62;
}

struct Moved {
  Point by;
  Point operator()(Point point) const { return {point.x + by.x, point.y + by.y}; }
  Box operator()(Box box) const {
    box.x += by.x, box.y += by.y;
    return box;
  }
  void apply(RectangleShape& shape) const { shape.box = (*this)(shape.box); }
  void apply(CircleShape& shape) const { shape.centre = (*this)(shape.centre); }
  void apply(PathShape& shape) const {
    for (Point& point : shape.points) point = (*this)(point);
  }
  void apply(TextShape& shape) const { shape.at = (*this)(shape.at); }
  void apply(RasterShape& shape) const { shape.box = (*this)(shape.box); }
};

}  // namespace

Ink series(size_t index) {
  return static_cast<Ink>(static_cast<size_t>(Ink::series_1) + index % kSeries);
}

Rgb color_of(Ink ink, bool dark) {
  const Tone& tone = kTones.at(static_cast<size_t>(ink));
  return dark ? tone.dark : tone.light;
}

const char* name_of(Ink ink) { return kTones.at(static_cast<size_t>(ink)).name; }

void Picture::rectangle(const Box& box, Paint fill, Stroke stroke, double radius) {
  elements_.push_back(RectangleShape{box, fill, stroke, radius});
}
void Picture::circle(Point centre, double radius, Paint fill, Stroke stroke) {
  elements_.push_back(CircleShape{centre, radius, fill, stroke});
}
void Picture::line(std::vector<Point> points, Stroke stroke) {
  elements_.push_back(PathShape{std::move(points), false, false, Ink::none, stroke});
}
void Picture::polygon(std::vector<Point> points, Paint fill, Stroke stroke) {
  elements_.push_back(PathShape{std::move(points), true, false, fill, stroke});
}
void Picture::curve(std::vector<Point> points, Stroke stroke) {
  elements_.push_back(PathShape{std::move(points), false, true, Ink::none, stroke});
}
void Picture::text(Point at, const std::string& text, Letters letters) {
  elements_.push_back(TextShape{at, legible(text), letters});
}
void Picture::raster(const Box& box, Raster raster) {
  elements_.push_back(RasterShape{box, std::move(raster)});
}

void Picture::add(const Picture& other, Point at) {
  const Moved moved{at};
  for (Element element : other.elements_) {
    std::visit([&](auto& each) { moved.apply(each); }, element);
    elements_.push_back(std::move(element));
  }
}

std::string legible(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t bytes = bytes_of_letter(lead);
    bool whole = lead < 0x80 || (lead >= 0xC2 && lead < 0xF5 && i + bytes <= text.size());
    for (size_t k = 1; whole && k < bytes; ++k)
      whole = (static_cast<unsigned char>(text[i + k]) & 0xC0) == 0x80;
    // Too long a form, half of a pair, beyond the last letter.
    const auto next = whole && bytes > 2 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) ||
        (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F))
      whole = false;
    out += whole ? text.substr(i, bytes) : "?";
    i += whole ? bytes : 1;
  }
  return out;
}

double text_width(const std::string& text, double size, bool bold) {
  double ems = 0;
  for (size_t i = 0; i < text.size(); i += bytes_of_letter(static_cast<unsigned char>(text[i])))
    ems += letter_width(static_cast<unsigned char>(text[i]));
  return ems * size * (bold ? 1.1 : 1.0);
}

std::string fitted(const std::string& text, double width, double size, bool bold) {
  if (text_width(text, size, bold) <= width) return text;
  std::string cut;
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = bytes_of_letter(static_cast<unsigned char>(text[i]));
    const std::string more = cut + text.substr(i, bytes);
    if (text_width(more + "…", size, bold) > width) break;
    cut = more;
    i += bytes;
  }
  return cut + "…";
}

}  // namespace tutti::drawing
