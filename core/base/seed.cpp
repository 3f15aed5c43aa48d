#include "core/base/seed.h"

#include <map>
#include <optional>
#include <random>

namespace tutti {
namespace {

struct SessionState {
  std::optional<uint64_t> seed;
  uint64_t draws = 0;
  std::map<std::string, int, std::less<>> names;
};

SessionState& session_state() {
  thread_local SessionState state;
  return state;
}

// A bijection of 64 bits whose outputs look independent (Steele, Lea, Flood 2014, SplitMix64).
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

void set_random_seed(uint64_t seed) {
  session_state().seed = seed;
  session_state().draws = 0;
}

uint64_t random_seed() {
  auto& state = session_state();
  // Keras's seeds are 32-bit: a drawn one can be written into any job file.
  if (!state.seed) state.seed = std::random_device()() & 0x7fffffffu;
  return *state.seed;
}

uint64_t next_seed() { return mix(mix(random_seed()) + session_state().draws++); }

std::string unique_name(std::string_view base) {
  auto& names = session_state().names;
  const auto found = names.find(base);
  if (found == names.end()) {
    names.emplace(base, 0);
    return std::string(base);
  }
  return std::string(base) + "_" + std::to_string(++found->second);
}

void clear_session() { session_state().names.clear(); }

}  // namespace tutti
