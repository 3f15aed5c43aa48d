#include "io/formats/image_file.h"

#include "core/base/error.h"

namespace tutti {

void check_picture(int64_t height, int64_t width, int64_t most, const std::string& where) {
  if (height < 1 || width < 1 || height > kMostPixelsOfASide || width > kMostPixelsOfASide ||
      height * width > kMostPixels)
    fail(ExitCode::data, where,
         "is {} x {} pixels; a picture has 1 to {} on a side and at most {} in all, resize it",
         height, width, kMostPixelsOfASide, kMostPixels);
  if (height * width > most)
    fail(ExitCode::data, where,
         "says it is {} x {} pixels, its bytes hold at most {}; write the file again", height,
         width, most);
}

Tensor decode_image(std::string_view bytes, int64_t channels, const std::string& where) {
  if (is_png(bytes)) return decode_png(bytes, channels, where);
  if (is_jpeg(bytes)) return decode_jpeg(bytes, channels, where);
  const char* other = bytes.starts_with("GIF8") ? "a GIF"
                      : bytes.starts_with("BM") ? "a BMP"
                                                : "neither PNG nor JPEG";
  fail(ExitCode::data, where, "is {}; convert it to PNG or JPEG", other);
}

}  // namespace tutti
