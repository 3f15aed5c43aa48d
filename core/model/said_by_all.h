// What each rank says, on all of them: small decisions that all take alike.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/world.h"

namespace tutti {

// In the order of ranks. Collective. Said: a struct of int64_t.
template <typename Said>
std::vector<Said> said_by_all(const World& world, const Said& mine) {
  static_assert(sizeof(Said) % sizeof(int64_t) == 0);
  std::vector<Said> all(static_cast<size_t>(world.size()), mine);
  if (world.size() == 1) return all;
  std::vector<int64_t> offsets;
  for (int r = 0; r <= world.size(); ++r)
    offsets.push_back(r * static_cast<int64_t>(sizeof(Said) / sizeof(int64_t)));
  world.reducer->gather(DType::i64, &mine, all.data(), offsets);
  return all;
}

}  // namespace tutti
