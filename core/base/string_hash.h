// Hashes of text that are the same everywhere and always: what TensorFlow, and so Keras, puts text
// into buckets with.
#pragma once

#include <cstdint>
#include <string_view>

namespace tutti {

// FarmHash Fingerprint64 (Google, github.com/google/farmhash): tf.strings.to_hash_bucket_fast.
uint64_t farm_hash64(std::string_view text);
// TensorFlow's FingerprintCat64: one fingerprint of two, for feature crosses.
uint64_t combined_fingerprint(uint64_t first, uint64_t second);
// SipHash-2-4 (Aumasson and Bernstein, 2012): tf.strings.to_hash_bucket_strong.
uint64_t sip_hash64(std::string_view text, uint64_t key0, uint64_t key1);

}  // namespace tutti
