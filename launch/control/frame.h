// Frames on the wire: 4 bytes of length (big-endian), and that many bytes.
//   plain   the payload
//   sealed  a number of 8 bytes (0, 1, 2, ... in each direction), the payload, and 32 bytes: the
//           HMAC-SHA256 of length, number and payload under the key of the direction
// A length beyond the limit is refused before anything of that size is held, and no more is held
// than came. Errors are CommunicationErrors that begin with `where`, the peer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "launch/control/secret.h"

namespace tutti::control {

inline constexpr size_t kMessageBytes = size_t{1} << 20;  // of a sealed payload, at most

std::string plain_frame(std::string_view payload);

// Seals what goes one way.
class FrameSealer {
 public:
  explicit FrameSealer(Key key) : key_(std::move(key)) {}
  std::string frame(std::string_view payload);  // throws Error (internal) beyond kMessageBytes

 private:
  Key key_;
  uint64_t next_ = 0;
};

// Makes frames of what comes, in pieces of any size.
class FrameReader {
 public:
  // Plain frames of at most `limit` bytes.
  FrameReader(std::string where, size_t limit) : where_(std::move(where)), limit_(limit) {}
  // From the next frame on, sealed ones.
  void expect_sealed(Key key);

  void feed(std::string_view bytes);
  // The payload of the next frame, if all of it came. Throws when it is too long, was altered, or
  // is not the one that is due: repeated, out of order, or after one that is missing.
  std::optional<std::string> next();
  // Bytes that came and are no whole frame.
  size_t held() const { return buffer_.size() - start_; }

 private:
  std::string opened(std::string_view frame);

  std::string where_, buffer_;
  size_t limit_, start_ = 0;
  std::optional<Key> key_;
  uint64_t next_ = 0;
};

}  // namespace tutti::control
