// Seeds: tests/io/formats/*.png
#include "io/formats/image_file.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void decode(std::string_view bytes, const char* where) {
  constexpr int64_t kChannels[] = {1, 3, 4};
  tutti::decode_png(bytes, kChannels[bytes.size() % 3], where);
}

}  // namespace

TUTTI_FUZZ_READER(decode)
