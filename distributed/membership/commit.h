// A commit: the state of the job at one step, each rank's share of it twice in the memory of hosts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tutti::membership {

// Worlds are numbered, and no number comes twice in a job. 0 is before the first world.
using Generation = uint64_t;

// The memory of a host from its start to its end: shared memory outlives processes, not a boot
// (host_number).
struct Place {
  std::string host;
  uint64_t boot = 0;
  bool operator==(const Place&) const = default;
};

// What one rank put where. With all ranks on one host there is no copy: the two places are one.
struct Share {
  Place home, copy;
  bool operator==(const Share&) const = default;
};

struct Commit {
  Generation generation = 0;
  uint64_t number = 0;  // in its generation, from 1; numbers of abandoned commits are left out
  int64_t step = 0;     // steps done
  int buffer = 0;       // which of the two segments of its generation
  std::vector<Share> shares;  // in order of ranks
  bool operator==(const Commit&) const = default;
};

// The rank that keeps a copy of each rank's share: on another host wherever there are several, and
// then one copy per rank unless one host has more than half of the ranks. On one host everybody is
// their own buddy: shared memory outlives its ranks anyway. `hosts[r]` is where rank r lives.
std::vector<int> buddies(const std::vector<std::string>& hosts);

// Where each share can still be read, home first; nothing if one cannot.
std::optional<std::vector<std::string>> readable_at(const Commit& commit,
                                                    const std::function<bool(const Place&)>& held);

}  // namespace tutti::membership
