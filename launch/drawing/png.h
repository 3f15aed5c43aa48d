// PNG bytes, by cairo.
#pragma once

#include <string>

#include "launch/drawing/picture.h"

namespace tutti::drawing {

std::string to_png(const Raster& raster);
// On light paper, `scale` pixels for each of the picture's.
std::string to_png(const Picture& picture, double scale = 2);

}  // namespace tutti::drawing
