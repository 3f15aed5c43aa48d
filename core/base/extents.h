// Arithmetic on extents that cannot overflow.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

namespace tutti {

// The product of extents of 0 or more. Where it is more than kMaxElements it is an extent that
// Shapes refuse.
int64_t extent_product(std::span<const int64_t> extents);
inline int64_t extent_product(std::initializer_list<int64_t> extents) {
  return extent_product(std::span(extents.begin(), extents.size()));
}

}  // namespace tutti
