// The seed and the automatic names of the program being run, one set per thread: ranks that are
// threads of one process then name and seed alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

// The seed of everything random that follows: initial weights, shuffling, dropout. Restarts the
// sequence of next_seed(). Without a call the seed is drawn from the system.
void set_random_seed(uint64_t seed);
uint64_t random_seed();

// The next of a sequence of keys that depends on the seed alone: one per initializer draw.
uint64_t next_seed();

// "dense", "dense_1", ...: as Keras names layers.
std::string unique_name(std::string_view base);
// Restarts the names.
void clear_session();

}  // namespace tutti
