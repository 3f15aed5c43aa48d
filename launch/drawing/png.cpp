#include "launch/drawing/png.h"

#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "core/base/error.h"

namespace tutti::drawing {
namespace {

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    fail(ExitCode::internal, "cairo", "{}; draw something smaller", cairo_status_to_string(status));
}

struct Release {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, Release>;

Surface make_surface(int width, int height) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  check(cairo_surface_status(surface.get()));
  return surface;
}

std::string png_of(const Surface& surface) {
  std::string bytes;
  const auto append = [](void* into, const unsigned char* data, unsigned length) {
    static_cast<std::string*>(into)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  };
  check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

Surface surface_of(const Raster& raster) {
  Surface surface = make_surface(raster.width, raster.height);
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < raster.height; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(data + static_cast<ptrdiff_t>(y) * stride);
    for (int x = 0; x < raster.width; ++x) {
      const Rgb& color = raster.pixels[static_cast<size_t>(y) * raster.width + x];
      row[x] = uint32_t{color.red} << 16 | uint32_t{color.green} << 8 | color.blue;
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

struct Painter {
  cairo_t* cairo;

  void set(const Paint& paint) {
    const Rgb color = paint.ink == Ink::fixed ? paint.rgb : color_of(paint.ink, false);
    cairo_set_source_rgba(cairo, color.red / 255.0, color.green / 255.0, color.blue / 255.0,
                          paint.opacity);
  }
  // Fills and strokes the current path.
  void finish(const Paint& fill, const Stroke& stroke) {
    if (fill.ink != Ink::none) {
      set(fill);
      cairo_fill_preserve(cairo);
    }
    if (stroke.paint.ink != Ink::none) {
      set(stroke.paint);
      cairo_set_line_width(cairo, stroke.width);
      const double dashes[] = {4, 3};
      cairo_set_dash(cairo, dashes, stroke.dashed ? 2 : 0, 0);
      cairo_stroke_preserve(cairo);
    }
    cairo_new_path(cairo);
  }
  void operator()(const RectangleShape& shape) {
    const Box& box = shape.box;
    const double r = std::min({shape.radius, box.width / 2, box.height / 2});
    const double quarter = std::numbers::pi / 2;
    if (r > 0) {
      cairo_arc(cairo, box.right() - r, box.y + r, r, -quarter, 0);
      cairo_arc(cairo, box.right() - r, box.bottom() - r, r, 0, quarter);
      cairo_arc(cairo, box.x + r, box.bottom() - r, r, quarter, 2 * quarter);
      cairo_arc(cairo, box.x + r, box.y + r, r, 2 * quarter, 3 * quarter);
      cairo_close_path(cairo);
    } else {
      cairo_rectangle(cairo, box.x, box.y, box.width, box.height);
    }
    finish(shape.fill, shape.stroke);
  }
  void operator()(const CircleShape& shape) {
    cairo_arc(cairo, shape.centre.x, shape.centre.y, shape.radius, 0, 2 * std::numbers::pi);
    finish(shape.fill, shape.stroke);
  }
  void operator()(const PathShape& shape) {
    const auto& points = shape.points;
    if (points.empty()) return;
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_move_to(cairo, points[0].x, points[0].y);
    if (shape.curved)
      for (size_t i = 1; i + 2 < points.size(); i += 3)
        cairo_curve_to(cairo, points[i].x, points[i].y, points[i + 1].x, points[i + 1].y,
                       points[i + 2].x, points[i + 2].y);
    else
      for (size_t i = 1; i < points.size(); ++i) cairo_line_to(cairo, points[i].x, points[i].y);
    if (shape.closed) cairo_close_path(cairo);
    finish(shape.fill, shape.stroke);
  }
  void operator()(const TextShape& shape) {
    const Letters& letters = shape.letters;
    cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           letters.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, letters.size);
    cairo_text_extents_t extents;
    cairo_text_extents(cairo, shape.text.c_str(), &extents);
    const double back = letters.anchor == Anchor::start    ? 0
                        : letters.anchor == Anchor::middle ? extents.x_advance / 2
                                                           : extents.x_advance;
    cairo_save(cairo);
    cairo_translate(cairo, shape.at.x, shape.at.y);
    cairo_rotate(cairo, letters.turned * std::numbers::pi / 180);
    cairo_move_to(cairo, -back, 0);
    set(letters.paint);
    cairo_show_text(cairo, shape.text.c_str());
    cairo_restore(cairo);
    cairo_new_path(cairo);
  }
  void operator()(const RasterShape& shape) {
    const Surface surface = surface_of(shape.raster);
    cairo_save(cairo);
    cairo_translate(cairo, shape.box.x, shape.box.y);
    cairo_scale(cairo, shape.box.width / shape.raster.width,
                shape.box.height / shape.raster.height);
    cairo_set_source_surface(cairo, surface.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
    cairo_paint(cairo);
    cairo_restore(cairo);
  }
};

}  // namespace

std::string to_png(const Raster& raster) { return png_of(surface_of(raster)); }

std::string to_png(const Picture& picture, double scale) {
  // Cairo takes at most 32,767 pixels a side.
  scale = std::min({scale, 32000 / picture.width(), 32000 / picture.height()});
  const Surface surface = make_surface(static_cast<int>(std::ceil(picture.width() * scale)),
                                       static_cast<int>(std::ceil(picture.height() * scale)));
  const std::unique_ptr<cairo_t, Release> context(cairo_create(surface.get()));
  Painter painter{context.get()};
  cairo_scale(context.get(), scale, scale);
  painter(RectangleShape{{0, 0, picture.width(), picture.height()}, Ink::paper, {}, 0});
  for (const Element& element : picture.elements()) std::visit(painter, element);
  check(cairo_status(context.get()));
  return png_of(surface);
}

}  // namespace tutti::drawing
