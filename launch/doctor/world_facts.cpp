#include <array>
#include <chrono>
#include <cstring>

#include "core/base/network.h"
#include "distributed/said_by_all.h"
#include "launch/doctor/finding.h"

namespace tutti {
namespace {

// What a rank says of itself.
struct RankWord {
  std::array<char, 64> host{};
  double real_minus_steady = 0;  // seconds: its time of day against its steady clock
  ClockOffset clock;             // its steady clock against rank 0's
};

template <typename Clock>
double seconds_now() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

RankWord word_of(Communicator& communicator) {
  RankWord word;
  const std::string host = Network::current().host_name();
  host.copy(word.host.data(), word.host.size() - 1);
  word.clock = measure_clock_offset(communicator);
  word.real_minus_steady =
      seconds_now<std::chrono::system_clock>() - seconds_now<std::chrono::steady_clock>();
  return word;
}

}  // namespace

WorldFacts world_facts(Communicator& communicator) {
  const auto words = said_by_all(communicator, word_of(communicator));
  WorldFacts facts;
  facts.links = measure_links(communicator);
  for (const RankWord& word : words) {
    facts.hosts.emplace_back(word.host.data());
    facts.clock_skew.push_back(1e-9 * static_cast<double>(word.clock.offset) +
                               word.real_minus_steady - words[0].real_minus_steady);
    facts.skew_error.push_back(1e-9 * static_cast<double>(word.clock.error));
  }
  return facts;
}

}  // namespace tutti
