// PNG by libpng.
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "io/formats/image_file.h"

namespace tutti {
namespace {

struct PngBytes {
  std::string_view bytes;
  size_t at = 0;
};

struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[128] = "";
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void on_error(png_structp png, png_const_charp message) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(reader->message, message, sizeof reader->message - 1);
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep to, size_t count) {
  auto* from = static_cast<PngBytes*>(png_get_io_ptr(png));
  if (count > from->bytes.size() - from->at) png_error(png, "the data ends early");
  std::memcpy(to, from->bytes.data() + from->at, count);
  from->at += count;
}

// libpng leaves a call that fails by longjmp: nothing with a destructor may live in these two.
bool read_header(PngReader& reader, PngBytes& bytes) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &bytes, read_bytes);
  png_set_user_limits(reader.png, kMostPixelsOfASide, kMostPixelsOfASide);
  png_set_chunk_malloc_max(reader.png, 1 << 20);
  png_read_info(reader.png, reader.info);
  return true;
}

// As TensorFlow asks for them.
void ask_for(PngReader& reader, int64_t channels) {
  const auto color = png_get_color_type(reader.png, reader.info);
  const int depth = png_get_bit_depth(reader.png, reader.info);
  const bool transparent = png_get_valid(reader.png, reader.info, PNG_INFO_tRNS) != 0;
  const bool alpha = (color & PNG_COLOR_MASK_ALPHA) != 0;
  const bool colored = (color & PNG_COLOR_MASK_COLOR) != 0;
  if (channels == 4 && !alpha && transparent) png_set_tRNS_to_alpha(reader.png);
  if (channels == 4 && !alpha && !transparent)
    png_set_add_alpha(reader.png, (1u << depth) - 1, PNG_FILLER_AFTER);
  if (channels != 4 && (alpha || transparent)) png_set_strip_alpha(reader.png);
  if (depth == 16) png_set_strip_16(reader.png);
  png_set_packing(reader.png);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(reader.png);
  if (!colored && depth < 8) png_set_expand_gray_1_2_4_to_8(reader.png);
  if (channels == 1 && colored) png_set_rgb_to_gray(reader.png, 1, 0.299, 0.587);
  if (channels != 1 && !colored) png_set_gray_to_rgb(reader.png);
}

bool read_pixels(PngReader& reader, int64_t channels, size_t row_bytes, png_bytep* rows) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  ask_for(reader, channels);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  if (png_get_rowbytes(reader.png, reader.info) != row_bytes)
    png_error(reader.png, "its rows have an unexpected length");
  png_read_image(reader.png, rows);
  png_read_end(reader.png, nullptr);
  return true;
}

}  // namespace

bool is_png(std::string_view bytes) { return bytes.starts_with("\x89PNG\r\n\x1a\n"); }

Tensor decode_png(std::string_view bytes, int64_t channels, const std::string& where) {
  PngReader reader;
  const auto damaged = [&] {
    fail(ExitCode::data, where, "is a damaged PNG: {}; write the file again", reader.message);
  };
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
  if (reader.png) reader.info = png_create_info_struct(reader.png);
  if (!reader.info) fail(ExitCode::data, where, "libpng cannot start; there is no memory left");
  PngBytes source{bytes};
  if (!read_header(reader, source)) damaged();
  const int64_t height = png_get_image_height(reader.png, reader.info);
  const int64_t width = png_get_image_width(reader.png, reader.info);
  // Deflate makes at most 1,032 bytes of one, and a byte holds at most 8 pixels.
  check_picture(height, width, static_cast<int64_t>(bytes.size()) * 1032 * 8, where);
  Tensor pixels = Tensor::zeros({height, width, channels}, DType::u8);
  std::vector<png_bytep> rows(static_cast<size_t>(height));
  for (size_t y = 0; y < rows.size(); ++y)
    rows[y] = pixels.data<uint8_t>() + y * static_cast<size_t>(width * channels);
  if (!read_pixels(reader, channels, static_cast<size_t>(width * channels), rows.data())) damaged();
  return pixels;
}

std::string encode_png(const Tensor& pixels) {
  const int64_t channels = pixels.shape().rank() == 3 ? pixels.shape()[2] : 0;
  if (pixels.dtype() != DType::u8 || (channels != 1 && channels != 3 && channels != 4))
    fail("encode_png", "a picture is (height, width, 1, 3 or 4) of u8, not {} of {}",
         to_string(pixels.shape()), name_of(pixels.dtype()));
  check_picture(pixels.shape()[0], pixels.shape()[1], kMostPixels, "encode_png");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = static_cast<png_uint_32>(pixels.shape()[0]);
  image.width = static_cast<png_uint_32>(pixels.shape()[1]);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  const Tensor host = pixels.to_host();
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, host.raw(), 0, nullptr))
    fail(ExitCode::internal, "encode_png", "libpng refuses: {}", image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace tutti
