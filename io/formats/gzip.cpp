#include "io/formats/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti {
namespace {

constexpr size_t kPiece = size_t{1} << 20;
constexpr uint64_t kMostUnpacked = uint64_t{1} << 36;
constexpr int kGzipWindow = 15 + 16;  // zlib's word for: a gzip header and trailer

class Inflation {
 public:
  Inflation(std::string_view bytes, const std::string& where) : where_(where) {
    // zlib counts input in 32 bits, and takes what it does not change as if it might.
    if (bytes.size() > 0xffffffffu)
      fail(ExitCode::data, where, "is {} bytes of gzip; unpack it with gunzip", bytes.size());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK)
      fail(ExitCode::data, where, "zlib cannot start; there is no memory left");
  }
  ~Inflation() { inflateEnd(&stream_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  // Appends a piece; false at the end of the file.
  bool next(std::string& content) {
    const size_t begin = content.size();
    content.resize(begin + kPiece);
    stream_.next_out = reinterpret_cast<Bytef*>(content.data() + begin);
    stream_.avail_out = kPiece;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    content.resize(begin + kPiece - stream_.avail_out);
    if (status == Z_STREAM_END) {
      if (stream_.avail_in > 0)
        fail(ExitCode::data, where_, "has {} bytes behind its gzip end; write the file again",
             stream_.avail_in);
      return false;
    }
    if (status != Z_OK)
      fail(ExitCode::data, where_, "is a damaged gzip file: {}; write the file again",
           status == Z_BUF_ERROR ? "it ends early"
                                 : (stream_.msg ? stream_.msg : "not in its format"));
    return true;
  }

 private:
  z_stream stream_{};
  const std::string& where_;
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string inflate_gzip(std::string_view bytes, uint64_t most, const std::string& where) {
  Inflation inflation(bytes, where);
  std::string content;
  bool more = true;
  while (more) {
    more = inflation.next(content);
    if (content.size() > most)
      fail(ExitCode::data, where, "unpacks to more than {} bytes; unpack and split it", most);
  }
  return content;
}

void inflate_gzip(const std::function<std::string_view()>& next,
                  const std::function<void(std::string_view)>& take, const std::string& where) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK)
    fail(ExitCode::data, where, "zlib cannot start; there is no memory left");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ending(&stream, inflateEnd);
  std::string piece(kPiece, '\0');
  int status = Z_STREAM_END;  // between two members
  for (std::string_view bytes = next(); !bytes.empty(); bytes = next()) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
      if (status == Z_STREAM_END) inflateReset(&stream);
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      status = inflate(&stream, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        fail(ExitCode::data, where, "is a damaged gzip file: {}; write the file again",
             stream.msg ? stream.msg : "not in its format");
      take(std::string_view(piece).substr(0, piece.size() - stream.avail_out));
    } while (stream.avail_in > 0 || stream.avail_out == 0);
  }
  if (status != Z_STREAM_END)
    fail(ExitCode::data, where, "is a damaged gzip file: it ends early; write the file again");
}

void refuse_packed(std::string_view first, const std::string& where) {
  constexpr std::pair<std::string_view, const char*> kPacked[] = {{"\x28\xb5\x2f\xfd", "zstd -d"},
                                                                  {std::string_view("\xfd"
                                                                                    "7zXZ\0",
                                                                                    6),
                                                                   "xz -d"},
                                                                  {"BZh", "bzip2 -d"},
                                                                  {"\x04\x22\x4d\x18", "lz4 -d"}};
  for (const auto& [magic, program] : kPacked)
    if (first.starts_with(magic))
      fail(ExitCode::data, where, "is packed in a way that is not read; unpack it with {}",
           program);
}

std::string read_unpacked(const std::filesystem::path& path) {
  std::string bytes = FileSystem::current().read(path);
  refuse_packed(bytes, path.string());
  return is_gzip(bytes) ? inflate_gzip(bytes, kMostUnpacked, path.string()) : bytes;
}

}  // namespace tutti
