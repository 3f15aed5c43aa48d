// Seeds: tests/io/formats/*.jp*
#include "io/formats/image_file.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void decode(std::string_view bytes, const char* where) {
  constexpr int64_t kChannels[] = {1, 3, 4};
  tutti::decode_jpeg(bytes, kChannels[bytes.size() % 3], where);
}

}  // namespace

TUTTI_FUZZ_READER(decode)
