// Draws of the gamma and beta distributions, element by element. Marsaglia and Tsang, "A simple
// method for generating gamma variables", ACM TOMS 26 (2000). Counters as in random_uniform.
#pragma once

#include <cstdint>
#include <optional>

#include "core/graph/value.h"

namespace tutti {

// The logarithm of a gamma draw of shape `alpha` and scale 1, shaped like alpha (a value with one
// axis or more, above 0): of a small alpha the draw itself would often be 0.
Value random_log_gamma(const Value& alpha, std::optional<uint64_t> seed = std::nullopt);
// In (0, 1), of alpha and beta alike in shape.
Value random_beta(const Value& alpha, const Value& beta,
                  std::optional<uint64_t> seed = std::nullopt);

}  // namespace tutti
