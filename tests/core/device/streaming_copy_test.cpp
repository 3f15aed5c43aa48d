#include "core/device/cpu/streaming_copy.h"

#include <gtest/gtest.h>

#include <vector>

namespace tutti {
namespace {

// Wherever both begin and however many bytes there are: these, and none beside them.
TEST(StreamingCopy, CopiesWhatMemcpyWould) {
  constexpr size_t kMost = 300, kPlaces = 70;
  std::vector<std::byte> from(kMost + kPlaces);
  for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::byte>(i * 7 + 1);
  for (size_t bytes = 0; bytes <= kMost; bytes += bytes < 70 ? 1 : 23)
    for (size_t source = 0; source < kPlaces; source += 3)
      for (size_t target = 0; target < kPlaces; ++target) {
        std::vector<std::byte> to(kMost + 2 * kPlaces, std::byte{0}), expected = to;
        std::copy_n(from.begin() + static_cast<ptrdiff_t>(source), bytes,
                    expected.begin() + static_cast<ptrdiff_t>(target));
        streaming_copy(to.data() + target, from.data() + source, bytes);
        ASSERT_EQ(to, expected) << bytes << " bytes from " << source << " to " << target;
      }
}

}  // namespace
}  // namespace tutti
