// How many faults a test injects and from which seed on, where the environment says so: a night's
// run (tests/faults) wants more of them than a test of minutes.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace tutti::testing_support {

inline uint64_t number_in_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}
inline uint64_t fault_count(uint64_t otherwise) {
  return number_in_environment("TUTTI_FAULT_COUNT", otherwise);
}
inline uint64_t fault_seed(uint64_t otherwise) {
  return number_in_environment("TUTTI_FAULT_SEED", otherwise);
}

}  // namespace tutti::testing_support
