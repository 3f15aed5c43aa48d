// TFRecord framing: length, its checksum, bytes, their checksum. Sums are CRC-32C (Castagnoli),
// masked as TensorFlow masks them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tutti {

uint32_t crc32c(std::string_view bytes);
std::string record_frame(std::string_view bytes);

// What stands before a record and behind it: its length and their sum, the record's own sum.
inline constexpr size_t kFrameHead = 12, kFrameTail = 4;
// The length that a frame's head names; none where its sum is wrong. It may be any number: compare
// it with what is there.
std::optional<uint64_t> framed_length(std::string_view head);
// The record in a frame, from its head to its tail; none where a length or a sum is wrong.
std::optional<std::string_view> framed_record(std::string_view frame);

}  // namespace tutti
