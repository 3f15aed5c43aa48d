// Pictures: PNG (by libpng) and JPEG (by libjpeg-turbo), decoded to the bytes that TensorFlow's
// decode_image gives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/tensor/tensor.h"

namespace tutti {

// A picture of more pixels is refused, and one whose pixels its bytes cannot hold.
inline constexpr int64_t kMostPixels = int64_t{1} << 26;
inline constexpr int64_t kMostPixelsOfASide = 65'535;

// (height, width, channels), u8. channels: 1 gray, 3 red, green, blue, 4 and how opaque. Which
// format it is the first bytes say, not the name. 16 bits become 8; transparency that is not asked
// for is dropped. Throws "[where] ..." naming what is wrong: another format, sizes beyond the
// limits, data that ends early or is damaged, CMYK.
Tensor decode_image(std::string_view bytes, int64_t channels, const std::string& where);

// The two formats; `bytes` begin with their signature.
bool is_png(std::string_view bytes);
bool is_jpeg(std::string_view bytes);
Tensor decode_png(std::string_view bytes, int64_t channels, const std::string& where);
Tensor decode_jpeg(std::string_view bytes, int64_t channels, const std::string& where);

// A PNG of (height, width, channels) u8 with 1, 3 or 4 channels.
std::string encode_png(const Tensor& pixels);

// What both check before they allocate: `most` is how many pixels so many bytes can describe.
void check_picture(int64_t height, int64_t width, int64_t most, const std::string& where);

}  // namespace tutti
