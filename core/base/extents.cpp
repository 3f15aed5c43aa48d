#include "core/base/extents.h"

#include <algorithm>

#include "core/base/shape.h"

namespace tutti {

int64_t extent_product(std::span<const int64_t> extents) {
  if (std::ranges::find(extents, 0) != extents.end()) return 0;
  int64_t result = 1;
  for (const int64_t extent : extents)
    if (__builtin_mul_overflow(result, extent, &result) || result > kMaxElements)
      result = kMaxElements + 1;
  return result;
}

}  // namespace tutti
