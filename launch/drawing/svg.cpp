#include "launch/drawing/svg.h"

#include <fmt/format.h>

#include <cmath>

#include "launch/drawing/png.h"

namespace tutti::drawing {
namespace {

// At most two decimals, as short as can be.
std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string hex(Rgb color) {
  return fmt::format("#{:02x}{:02x}{:02x}", color.red, color.green, color.blue);
}

// `what` is fill or stroke.
std::string paint_attributes(const char* what, const Paint& paint, std::string& classes) {
  std::string text;
  if (paint.ink == Ink::none) return what == std::string("fill") ? " fill=\"none\"" : "";
  if (paint.ink == Ink::fixed)
    text = fmt::format(" {}=\"{}\"", what, hex(paint.rgb));
  else
    classes += fmt::format("{}{}-{}", classes.empty() ? "" : " ", what, name_of(paint.ink));
  if (paint.opacity < 1) text += fmt::format(" {}-opacity=\"{}\"", what, number(paint.opacity));
  return text;
}

std::string look(const Paint& fill, const Stroke& stroke) {
  std::string classes, text = paint_attributes("fill", fill, classes);
  if (stroke.paint.ink != Ink::none) {
    text += paint_attributes("stroke", stroke.paint, classes);
    text += fmt::format(" stroke-width=\"{}\"", number(stroke.width));
    if (stroke.dashed) text += " stroke-dasharray=\"4 3\"";
  }
  return (classes.empty() ? "" : fmt::format(" class=\"{}\"", classes)) + text;
}

std::string box_attributes(const Box& box) {
  return fmt::format("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", number(box.x), number(box.y),
                     number(box.width), number(box.height));
}

struct Writer {
  std::string out;

  void operator()(const RectangleShape& shape) {
    out += fmt::format(
        "<rect {}{}{}/>\n", box_attributes(shape.box),
        shape.radius > 0 ? fmt::format(" rx=\"{}\"", number(shape.radius)) : std::string(),
        look(shape.fill, shape.stroke));
  }
  void operator()(const CircleShape& shape) {
    out +=
        fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>\n", number(shape.centre.x),
                    number(shape.centre.y), number(shape.radius), look(shape.fill, shape.stroke));
  }
  void operator()(const PathShape& shape) {
    std::string path;
    for (size_t i = 0; i < shape.points.size(); ++i) {
      const char* verb = i == 0 ? "M" : !shape.curved ? "L" : i % 3 == 1 ? "C" : " ";
      path += fmt::format("{}{} {}", verb, number(shape.points[i].x), number(shape.points[i].y));
    }
    out += fmt::format("<path d=\"{}{}\"{} stroke-linejoin=\"round\"/>\n", path,
                       shape.closed ? "Z" : "", look(shape.fill, shape.stroke));
  }
  void operator()(const TextShape& shape) {
    const Letters& letters = shape.letters;
    const char* anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    std::string turn;
    if (letters.turned != 0)
      turn = fmt::format(" transform=\"rotate({} {} {})\"", number(letters.turned),
                         number(shape.at.x), number(shape.at.y));
    out += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\"{}{}{}{}>{}</text>\n",
                       number(shape.at.x), number(shape.at.y), number(letters.size),
                       look(letters.paint, {}), anchors[static_cast<size_t>(letters.anchor)],
                       letters.bold ? " font-weight=\"600\"" : "", turn, escaped(shape.text));
  }
  void operator()(const RasterShape& shape) {
    out += fmt::format(
        "<image {} preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
        "xlink:href=\"data:image/png;base64,{}\"/>\n",
        box_attributes(shape.box), base64(to_png(shape.raster)));
  }
};

std::string rules(bool dark) {
  std::string text;
  for (int i = static_cast<int>(Ink::paper); i < static_cast<int>(Ink::fixed); ++i) {
    const auto ink = static_cast<Ink>(i);
    const std::string color = hex(color_of(ink, dark)), name = name_of(ink);
    text += fmt::format(".fill-{}{{fill:{}}}.stroke-{}{{stroke:{}}}", name, color, name, color);
  }
  return text;
}

std::string size_of(const Picture& picture) {
  return fmt::format(" width=\"{}\" height=\"{}\"", number(picture.width()),
                     number(picture.height()));
}

std::string element(const Picture& picture, const std::string& attributes,
                    const std::string& style) {
  Writer writer;
  for (const Element& element : picture.elements()) std::visit(writer, element);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
      "viewBox=\"0 0 {} {}\" role=\"img\" font-family=\"system-ui, 'Helvetica Neue', Arial, "
      "'DejaVu Sans', sans-serif\"{}>\n<title>{}</title>\n{}{}</svg>\n",
      number(picture.width()), number(picture.height()), attributes, escaped(picture.title()),
      style, writer.out);
}

}  // namespace

std::string ink_rules() {
  return rules(false) + "\n@media (prefers-color-scheme: dark){" + rules(true) + "}\n";
}

std::string to_svg(const Picture& picture) {
  return element(picture, size_of(picture),
                 "<style>" + ink_rules() +
                     "</style>\n<rect class=\"fill-paper\" width=\"100%\" height=\"100%\"/>\n");
}

std::string to_inline_svg(const Picture& picture) { return element(picture, size_of(picture), ""); }

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : legible(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        // XML has no other control characters.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string base64(const std::string& bytes) {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kLetters[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace tutti::drawing
