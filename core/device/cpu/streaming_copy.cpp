#include "core/device/cpu/streaming_copy.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tutti {

#ifdef __SSE2__

void streaming_copy(std::byte* to, const std::byte* from, size_t bytes) {
  constexpr size_t kLine = 64, kVector = sizeof(__m128i);
  // Whole lines of the destination: a part of one would be read, after all.
  const size_t before = std::min(bytes, (kLine - reinterpret_cast<uintptr_t>(to) % kLine) % kLine);
  std::memcpy(to, from, before);
  size_t at = before;
  for (; at + kLine <= bytes; at += kLine)
    for (size_t part = at; part < at + kLine; part += kVector)
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + part),
                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + part)));
  std::memcpy(to + at, from + at, bytes - at);
  _mm_sfence();  // these stores are in no order with later ones
}

#else

void streaming_copy(std::byte* to, const std::byte* from, size_t bytes) {
  std::memcpy(to, from, bytes);
}

#endif

}  // namespace tutti
