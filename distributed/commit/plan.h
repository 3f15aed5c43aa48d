// What commits take: the memory of each host and the time between two, from sizes alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tutti {

struct CommitPlan {
  struct Host {
    std::string name;
    int ranks = 0;       // that live there
    int copies = 0;      // shares of other hosts' ranks that it keeps
    uint64_t bytes = 0;  // of shared memory: both buffers of each of these
  };
  uint64_t share_bytes = 0;  // a rank's part of the state
  double cost = 0;           // seconds that a commit holds training up, as estimated
  double interval = 0;       // seconds between two
  std::vector<Host> hosts;   // in the order of their first ranks
};

// Of how many seconds a commit that takes so many is done once, so that it costs a hundredth of the
// time: 0.7 at least.
double commit_interval(double cost_seconds);

// Of a state of so many bytes, all ranks together, dealt out evenly; `hosts`: where each rank
// lives. A rank's share lies twice in its host's memory (the commit that is whole and the one being
// written), and twice in that of its buddy's host (distributed/membership/commit.h); ranks that all
// live on one host have no copies.
// The cost is estimated as a copy and two hashes of a share at 1.5 GB/s and, between hosts, its way
// to the buddy at 1 GB/s; what a commit really took decides while training goes on.
// every_seconds: as the job says; 0: commit_interval() of the cost.
CommitPlan commit_plan(uint64_t state_bytes, const std::vector<std::string>& hosts,
                       double every_seconds = 0);

}  // namespace tutti
