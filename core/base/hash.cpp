#include "core/base/hash.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <new>

namespace tutti {
namespace {

XXH3_state_t* xxh3_state(void* state) { return static_cast<XXH3_state_t*>(state); }

}  // namespace

uint64_t hash64(const void* data, size_t bytes) { return XXH3_64bits(data, bytes); }

std::string hex16(uint64_t hash) { return fmt::format("{:016x}", hash); }

void Hasher::Free::operator()(void* state) const { XXH3_freeState(xxh3_state(state)); }

Hasher::Hasher() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_64bits_reset(xxh3_state(state_.get()));
}

Hasher& Hasher::update(const void* data, size_t bytes) {
  XXH3_64bits_update(xxh3_state(state_.get()), data, bytes);
  return *this;
}

uint64_t Hasher::digest() const { return XXH3_64bits_digest(xxh3_state(state_.get())); }

}  // namespace tutti
