// What each rank says, on all of them, where there is a Communicator and no World around it
// (core/model/said_by_all.h).
#pragma once

#include <span>
#include <type_traits>
#include <vector>

#include "distributed/communicator.h"

namespace tutti {

// In the order of ranks. Collective. Said: bytes that mean the same on all ranks.
template <typename Said>
std::vector<Said> said_by_all(Communicator& communicator, const Said& mine) {
  static_assert(std::is_trivially_copyable_v<Said>);
  std::vector<Said> all(static_cast<size_t>(communicator.size()));
  std::vector<int64_t> offsets;
  for (int r = 0; r <= communicator.size(); ++r)
    offsets.push_back(r * static_cast<int64_t>(sizeof(Said)));
  communicator.all_gather(std::as_bytes(std::span(&mine, 1)),
                          std::as_writable_bytes(std::span(all)), offsets);
  return all;
}

}  // namespace tutti
