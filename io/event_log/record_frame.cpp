#include "io/event_log/record_frame.h"

#include <array>
#include <bit>
#include <cstring>

namespace tutti {
namespace {

// Table k takes a byte that k more follow: sixteen bytes of a record are then summed at once.
constexpr size_t kTogether = 16;
using Tables = std::array<std::array<uint32_t, 256>, kTogether>;
constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0x82F63B78u : 0u);
    tables[0][byte] = sum;
  }
  for (size_t k = 1; k < tables.size(); ++k)
    for (size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xFF];
  return tables;
}
constexpr Tables kTables = make_tables();

template <typename Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return bytes;
}

uint32_t masked(uint32_t sum) { return (sum >> 15 | sum << 17) + 0xA282EAD8u; }

std::string masked_sum(std::string_view bytes) { return little_endian(masked(crc32c(bytes))); }

template <typename Number>
Number read_number(const char* bytes) {
  Number number = 0;
  std::memcpy(&number, bytes, sizeof number);
  if constexpr (std::endian::native == std::endian::little) return number;
  const auto* byte = reinterpret_cast<const unsigned char*>(bytes);
  number = 0;
  for (size_t i = sizeof number; i-- > 0;) number = number << 8 | byte[i];
  return number;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t sum = 0xFFFFFFFFu;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= kTogether; at += kTogether, left -= kTogether) {
    const uint64_t words[2] = {read_number<uint64_t>(at) ^ sum, read_number<uint64_t>(at + 8)};
    sum = 0;
    for (size_t i = 0; i < kTogether; ++i)
      sum ^= kTables[kTogether - 1 - i][words[i / 8] >> (8 * (i % 8)) & 0xFF];
  }
  for (; left > 0; ++at, --left)
    sum = kTables[0][(sum ^ static_cast<unsigned char>(*at)) & 0xFF] ^ (sum >> 8);
  return ~sum;
}

std::string record_frame(std::string_view bytes) {
  const std::string length = little_endian(static_cast<uint64_t>(bytes.size()));
  return length + masked_sum(length) + std::string(bytes) + masked_sum(bytes);
}

std::optional<uint64_t> framed_length(std::string_view head) {
  if (head.size() != kFrameHead ||
      masked(crc32c(head.substr(0, 8))) != read_number<uint32_t>(head.data() + 8))
    return {};
  return read_number<uint64_t>(head.data());
}

std::optional<std::string_view> framed_record(std::string_view frame) {
  if (frame.size() < kFrameHead + kFrameTail) return {};
  const std::string_view record = frame.substr(kFrameHead, frame.size() - kFrameHead - kFrameTail);
  if (framed_length(frame.substr(0, kFrameHead)) != record.size() ||
      masked(crc32c(record)) != read_number<uint32_t>(record.data() + record.size()))
    return {};
  return record;
}

}  // namespace tutti
