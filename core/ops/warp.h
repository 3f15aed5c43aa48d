// Images read at other places: whole pixels, or between them.
//
// images [n, h, w, c]; places are values that broadcast to [n, h', w', 1] (row by row where images
// are rows). Gradients flow to the images, and to places where one is read between pixels.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/graph/value.h"

namespace tutti {

// What a warp does beyond the image and between pixels, as keras.ops.image.map_coordinates on JAX.
struct WarpOptions {
  std::string fill_mode = "constant";      // constant, nearest, wrap, mirror or reflect
  std::string interpolation = "bilinear";  // or nearest: halves go away from zero
  double fill_value = 0;
};

// The indices 0, 1, ... of the rows of pixels, [h, 1, 1], and of the columns, [w, 1].
Value pixel_rows(int64_t height, DType dtype);
Value pixel_columns(int64_t width, DType dtype);

// The pixels at whole numbers y and x that lie in the image.
Value take_pixels(const Value& images, const Value& y, const Value& x);

// A whole number as an index of an axis of `extent` elements, as `fill_mode` has it: "nearest" the
// last element, "wrap" from the other end, "mirror" back without the edge, "reflect" with it.
Value index_in(const Value& index, int64_t extent, const std::string& fill_mode);

// The images at real places y and x.
Value map_coordinates(const Value& images, const Value& y, const Value& x,
                      const WarpOptions& options);

// Pixel (x, y) of the output is what stands at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k),
// k = c0 x + c1 y + 1: values that broadcast to [n, 1, 1, 1], in the order a0 a1 a2 b0 b1 b2 c0 c1.
// Without the last two k is 1.
Value affine_transform(const Value& images, const std::array<Value, 6>& transform,
                       const WarpOptions& options);
Value projective_transform(const Value& images, const std::array<Value, 8>& transform,
                           const WarpOptions& options);

}  // namespace tutti
