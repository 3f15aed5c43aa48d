#include "distributed/clock_offset.h"

#include <algorithm>

#include "distributed/said_by_all.h"

namespace tutti {
namespace {

int64_t steady_time() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// One message; ranks that have no part in it take part in the call.
void pass_on(Communicator& communicator, int from, int to, std::span<std::byte> bytes) {
  const Outgoing out{to, bytes};
  const Incoming in{from, bytes};
  const bool sends = communicator.rank() == from, receives = communicator.rank() == to;
  communicator.exchange(sends ? std::span(&out, 1) : std::span<const Outgoing>(),
                        receives ? std::span(&in, 1) : std::span<const Incoming>());
}

// There and back, `rounds` times; the shortest, in seconds.
double round_trip(Communicator& communicator, int one, int other, std::span<std::byte> bytes,
                  int rounds) {
  double shortest = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const int64_t sent = steady_time();
    pass_on(communicator, one, other, bytes);
    pass_on(communicator, other, one, bytes);
    shortest = std::min(shortest, 1e-9 * static_cast<double>(steady_time() - sent));
  }
  return shortest;
}

}  // namespace

ClockOffset measure_clock_offset(Communicator& communicator, int rounds) {
  ClockOffset best{steady_time(), 0, communicator.rank() == 0 ? 0 : INT64_MAX};
  for (int rank = 1; rank < communicator.size(); ++rank) {
    for (int round = 0; round < rounds; ++round) {
      int64_t answer = 0;
      const int64_t sent = steady_time();
      pass_on(communicator, rank, 0, std::as_writable_bytes(std::span(&answer, 1)));
      if (communicator.rank() == 0) answer = steady_time();
      pass_on(communicator, 0, rank, std::as_writable_bytes(std::span(&answer, 1)));
      const int64_t heard = steady_time(), half = (heard - sent + 1) / 2;
      if (communicator.rank() == rank && half < best.error)
        best = {heard, sent + half - answer, half};
    }
  }
  return best;
}

std::vector<LinkSpeed> measure_links(Communicator& communicator, size_t bytes) {
  constexpr int small_rounds = 20, large_rounds = 3;
  std::vector<std::byte> buffer(std::max<size_t>(bytes, 1));
  LinkSpeed mine;
  for (int rank = 0; rank < communicator.size(); ++rank) {
    const int next = (rank + 1) % communicator.size();
    const double small =
        round_trip(communicator, rank, next, std::span(buffer).first(1), small_rounds);
    const double large = round_trip(communicator, rank, next, buffer, large_rounds);
    if (communicator.rank() == rank)
      mine = {small / 2, static_cast<double>(bytes) / std::max((large - small) / 2, 1e-9)};
  }
  return said_by_all(communicator, mine);
}

}  // namespace tutti
