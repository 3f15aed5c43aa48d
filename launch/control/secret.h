// What a job's processes prove themselves with. It is handed on by a descriptor or by a file of its
// owner alone; nothing here can print it, copy it or put it on a command line.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace tutti::control {

using Digest = std::array<unsigned char, 32>;

inline std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Of the system's generator. Throws Error (missing) if it gives none.
std::string random_bytes(size_t count);

// A key of 32 bytes. Its memory is overwritten when it goes.
class Key {
 public:
  explicit Key(const Digest& bytes) : bytes_(bytes) {}
  Key(Key&& other) noexcept;
  Key& operator=(Key&& other) noexcept;
  Key(const Key&) = delete;
  ~Key();

  Digest sign(std::string_view text) const;  // HMAC-SHA256 (RFC 2104)
  // In a time that does not tell where they differ.
  bool signed_it(std::string_view text, std::string_view signature) const;

 private:
  friend class Secret;
  Digest bytes_;
};

// The one secret of a job.
class Secret {
 public:
  static Secret draw();

  // From a pipe or standard input: 32 bytes, and then its end. Throws Error (data).
  static Secret read(int descriptor);
  // Throws Error (data) unless it is a file of 32 bytes, of this user, that nobody else may open.
  static Secret read_file(const std::filesystem::path& path);
  // Throw Error (io). The file is a new one, for this user alone.
  void write(int descriptor) const;
  void write_file(const std::filesystem::path& path) const;

  const Key& key() const { return key_; }

 private:
  explicit Secret(const Digest& bytes) : key_(bytes) {}
  Key key_;
};

}  // namespace tutti::control
