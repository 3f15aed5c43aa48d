// TFRecord framing: length, its checksum, bytes, their checksum. Sums are CRC-32C (Castagnoli),
// masked as TensorFlow masks them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

uint32_t crc32c(std::string_view bytes);
std::string record_frame(std::string_view bytes);

}  // namespace tutti
