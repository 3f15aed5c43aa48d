// How the steady clocks of ranks stand to each other. Those of one host are one clock; those of
// several hosts began at other times and run at rates that differ by millionths.
#pragma once

#include <vector>

#include "distributed/communicator.h"

namespace tutti {

// A rank's steady clock minus rank 0's, at the rank's time `at`: in truth within `error` of
// `offset`, however unevenly a message and its answer travelled. In nanoseconds.
struct ClockOffset {
  int64_t at = 0, offset = 0, error = 0;
};

// This rank's. Collective. A rank asks rank 0 for the time and halves the way, as NTP does (RFC
// 5905); the shortest of the rounds counts, and bounds the error by half of it.
ClockOffset measure_clock_offset(Communicator& communicator, int rounds = 16);

// Latency and throughput of messages between each rank and the next, which all pairs exchange in
// turn while the others wait.
struct LinkSpeed {
  double latency = 0;    // seconds of a small message, one way
  double bandwidth = 0;  // bytes in a second, one way
};
// Of rank r to rank (r + 1) % size, for each r; the same on all ranks. Collective; two ranks or
// more.
std::vector<LinkSpeed> measure_links(Communicator& communicator, size_t bytes = size_t{4} << 20);

}  // namespace tutti
