// A place in the bytes of an HDF5 file; what does not lie in them is refused.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"

namespace tutti::hdf5 {

class Cursor {
 public:
  // `what` names the structure that lies there, for messages.
  Cursor(std::string_view bytes, uint64_t at, const std::string& where, const char* what)
      : bytes_(bytes), at_(at), where_(where), what_(what) {
    if (at > bytes.size()) refuse_end();
  }

  uint64_t number(size_t width) {
    const std::string_view raw = take(width);
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(raw[i]);
    return value;
  }
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  std::string_view take(uint64_t size) {
    if (size > bytes_.size() - at_) refuse_end();
    const auto part = bytes_.substr(at_, size);
    at_ += size;
    return part;
  }
  void skip(uint64_t size) { take(size); }
  void align(uint64_t to) { skip((to - at_ % to) % to); }  // counted from where the bytes begin
  void expect(std::string_view signature) {
    if (take(signature.size()) != signature) refuse("does not begin with {}", signature);
  }
  uint64_t at() const { return at_; }
  uint64_t left() const { return bytes_.size() - at_; }
  bool done() const { return at_ == bytes_.size(); }

  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ExitCode::data, where_, "its {} at byte {} {}; write the file again", what_, at_,
         fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  [[noreturn]] void refuse_end() const {
    fail(ExitCode::data, where_, "ends in its {} at byte {}; the file is cut, write it again",
         what_, at_);
  }

  std::string_view bytes_;
  uint64_t at_;
  const std::string& where_;
  const char* what_;
};

}  // namespace tutti::hdf5
