#include "launch/control/frame.h"

#include "core/base/error.h"

namespace tutti::control {
namespace {

constexpr size_t kLengthBytes = 4, kNumberBytes = 8;
constexpr size_t kSealBytes = kNumberBytes + sizeof(Digest);

std::string big_endian(uint64_t value, size_t bytes) {
  std::string text(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i)
    text[i] = static_cast<char>(value >> (8 * (bytes - 1 - i)) & 0xFF);
  return text;
}

uint64_t from_big_endian(std::string_view text) {
  uint64_t value = 0;
  for (const char byte : text) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string plain_frame(std::string_view payload) {
  return big_endian(payload.size(), kLengthBytes).append(payload);
}

std::string FrameSealer::frame(std::string_view payload) {
  if (payload.size() > kMessageBytes)
    fail(ExitCode::internal, "control",
         "a message of {} bytes; at most {} go into one: send several", payload.size(),
         kMessageBytes);
  std::string frame = big_endian(payload.size() + kSealBytes, kLengthBytes);
  frame.reserve(kLengthBytes + payload.size() + kSealBytes);
  frame.append(big_endian(next_++, kNumberBytes)).append(payload);
  return frame.append(bytes_of(key_.sign(frame)));
}

void FrameReader::expect_sealed(Key key) {
  key_.emplace(std::move(key));
  limit_ = kMessageBytes;
}

void FrameReader::feed(std::string_view bytes) {
  buffer_.erase(0, start_);
  start_ = 0;
  buffer_.append(bytes);
}

std::optional<std::string> FrameReader::next() {
  const std::string_view held = std::string_view(buffer_).substr(start_);
  if (held.size() < kLengthBytes) return std::nullopt;
  const size_t length = from_big_endian(held.substr(0, kLengthBytes));
  const size_t seal = key_ ? kSealBytes : 0;
  if (length < seal || length - seal > limit_)
    throw CommunicationError(fmt::format(
        "[{}] announces a frame of {} bytes, and {} to {} are allowed; check that it is "
        "of this version of Tutti",
        where_, length, seal, seal + limit_));
  if (held.size() < kLengthBytes + length) return std::nullopt;
  start_ += kLengthBytes + length;
  const std::string_view frame = held.substr(0, kLengthBytes + length);
  return key_ ? opened(frame) : std::string(frame.substr(kLengthBytes));
}

std::string FrameReader::opened(std::string_view frame) {
  const size_t signed_bytes = frame.size() - sizeof(Digest);
  if (!key_->signed_it(frame.substr(0, signed_bytes), frame.substr(signed_bytes)))
    throw CommunicationError(fmt::format(
        "[{}] a frame was altered on its way; check what stands between the hosts", where_));
  const uint64_t number = from_big_endian(frame.substr(kLengthBytes, kNumberBytes));
  if (number != next_)
    throw CommunicationError(
        fmt::format("[{}] frame {} came where {} was due: frames were repeated, reordered or taken "
                    "away; check what stands between the hosts",
                    where_, number, next_));
  ++next_;
  const size_t begin = kLengthBytes + kNumberBytes;
  return std::string(frame.substr(begin, signed_bytes - begin));
}

}  // namespace tutti::control
