// Copies of the host's memory that go past its caches.
#pragma once

#include <cstddef>

namespace tutti {

// As memcpy: `bytes` from `from` to `to`, which do not overlap and may begin anywhere. What is
// written is not read into a cache first and none of it stays there, so that a thread moves two
// bytes for each instead of three, and what others have cached is left to them: for copies that
// nobody reads soon and that caches do not hold. memcpy does so only for pieces far larger than the
// tiles of a thread pool. Other threads see what was written as after memcpy.
void streaming_copy(std::byte* to, const std::byte* from, size_t bytes);

}  // namespace tutti
