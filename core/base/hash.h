// 64-bit XXH3: digests of parameters and checksums of files. Not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tutti {

uint64_t hash64(const void* data, size_t bytes);
std::string hex16(uint64_t hash);  // 16 lower-case hex digits

// The same over pieces: equal to hash64 of their concatenation.
class Hasher {
 public:
  Hasher();
  Hasher& update(const void* data, size_t bytes);
  uint64_t digest() const;  // of what was given so far

 private:
  struct Free {
    void operator()(void* state) const;
  };
  std::unique_ptr<void, Free> state_;
};

}  // namespace tutti
