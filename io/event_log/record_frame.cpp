#include "io/event_log/record_frame.h"

#include <array>

namespace tutti {
namespace {

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0x82F63B78u : 0u);
    table[byte] = sum;
  }
  return table;
}
constexpr auto kTable = make_table();

template <typename Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return bytes;
}

std::string masked_sum(std::string_view bytes) {
  const uint32_t sum = crc32c(bytes);
  return little_endian(static_cast<uint32_t>((sum >> 15 | sum << 17) + 0xA282EAD8u));
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t sum = 0xFFFFFFFFu;
  for (const char byte : bytes)
    sum = kTable[(sum ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (sum >> 8);
  return ~sum;
}

std::string record_frame(std::string_view bytes) {
  const std::string length = little_endian(static_cast<uint64_t>(bytes.size()));
  return length + masked_sum(length) + std::string(bytes) + masked_sum(bytes);
}

}  // namespace tutti
