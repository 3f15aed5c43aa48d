// JPEG by libjpeg-turbo.
#include <cstdio>
// jpeglib.h needs FILE and size_t before it.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstring>

#include "core/base/error.h"
#include "io/formats/image_file.h"

namespace tutti {
namespace {

// A progressive file may go over the picture as often as it likes: time without bytes.
constexpr int kMostScans = 500;

struct JpegReader {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf out;
  char message[JMSG_LENGTH_MAX] = "";
  ~JpegReader() { jpeg_destroy_decompress(&jpeg); }
};

[[noreturn]] void leave(JpegReader* reader) {
  reader->errors.format_message(reinterpret_cast<j_common_ptr>(&reader->jpeg), reader->message);
  std::longjmp(reader->out, 1);
}

void on_error(j_common_ptr jpeg) { leave(static_cast<JpegReader*>(jpeg->client_data)); }
// Of what libjpeg would guess over, data that ends early is an error.
void on_message(j_common_ptr jpeg, int level) {
  const int code = jpeg->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER))
    leave(static_cast<JpegReader*>(jpeg->client_data));
}
void on_progress(j_common_ptr jpeg) {
  auto* reader = static_cast<JpegReader*>(jpeg->client_data);
  if (reader->jpeg.input_scan_number <= kMostScans) return;
  std::strcpy(reader->message, "it has more than 500 scans");
  std::longjmp(reader->out, 1);
}

// libjpeg leaves a call that fails by longjmp: nothing with a destructor may live in these two.
bool read_header(JpegReader& reader, std::string_view bytes) {
  if (setjmp(reader.out)) return false;
  jpeg_create_decompress(&reader.jpeg);  // keeps err and client_data
  reader.jpeg.progress = &reader.progress;
  reader.progress.progress_monitor = on_progress;
  jpeg_mem_src(&reader.jpeg, reinterpret_cast<const unsigned char*>(bytes.data()),
               static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&reader.jpeg, TRUE);
  return true;
}

bool read_pixels(JpegReader& reader, J_COLOR_SPACE colors, unsigned char* to) {
  if (setjmp(reader.out)) return false;
  reader.jpeg.out_color_space = colors;
  reader.jpeg.dct_method = JDCT_IFAST;  // as TensorFlow
  jpeg_start_decompress(&reader.jpeg);
  const size_t row =
      size_t{reader.jpeg.output_width} * static_cast<size_t>(reader.jpeg.output_components);
  while (reader.jpeg.output_scanline < reader.jpeg.output_height) {
    JSAMPROW line = to + reader.jpeg.output_scanline * row;
    jpeg_read_scanlines(&reader.jpeg, &line, 1);
  }
  jpeg_finish_decompress(&reader.jpeg);
  return true;
}

}  // namespace

bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xff\xd8\xff"); }

Tensor decode_jpeg(std::string_view bytes, int64_t channels, const std::string& where) {
  JpegReader reader;
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.jpeg.client_data = &reader;
  const auto damaged = [&] {
    fail(ExitCode::data, where, "is a damaged JPEG: {}; write the file again", reader.message);
  };
  if (!read_header(reader, bytes)) damaged();
  const auto space = reader.jpeg.jpeg_color_space;
  if (space == JCS_CMYK || space == JCS_YCCK)
    fail(ExitCode::data, where, "holds colours of print (CMYK); convert it to RGB");
  const int64_t height = reader.jpeg.image_height, width = reader.jpeg.image_width;
  // A block of 8 x 8 pixels takes a bit at the very least.
  check_picture(height, width, static_cast<int64_t>(bytes.size()) * 8 * 64, where);
  Tensor pixels = Tensor::empty({height, width, channels}, DType::u8);
  const J_COLOR_SPACE colors = channels == 1   ? JCS_GRAYSCALE
                               : channels == 3 ? JCS_RGB
                                               : JCS_EXT_RGBA;
  if (!read_pixels(reader, colors, pixels.data<uint8_t>())) damaged();
  return pixels;
}

}  // namespace tutti
