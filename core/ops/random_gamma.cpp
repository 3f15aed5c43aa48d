#include "core/ops/random_gamma.h"

#include "core/ops/elementwise.h"
#include "core/ops/random_uniform.h"

namespace tutti {

// A graph has no loops: of a fixed number of candidates the last that is accepted counts. Each is
// with 95 % or more, so that all fail once in 10^8 draws, where the mode's neighbour v = 1 stands
// in.
Value random_log_gamma(const Value& alpha, std::optional<uint64_t> seed) {
  constexpr int kCandidates = 6;
  const Value d = alpha + (1.0 - 1.0 / 3.0);  // of alpha + 1, brought back below
  const Value c = rsqrt(9.0 * d);
  Value v = d * 0.0 + 1.0;
  for (int candidate = 0; candidate < kCandidates; ++candidate) {
    const Value x = random_normal(alpha, 0, 1, seed);
    const Value root = 1.0 + c * x;
    const Value cube = maximum(root * root * root, 1e-30);
    const Value log_u = log(1.0 - random_uniform(alpha, 0, 1, seed));
    const Value accepted =
        logical_and(root > 0.0, log_u < 0.5 * square(x) + d * (1.0 - cube + log(cube)));
    v = select(accepted, cube, v);
  }
  return log(d * v) + log(1.0 - random_uniform(alpha, 0, 1, seed)) / alpha;
}

Value random_beta(const Value& alpha, const Value& beta, std::optional<uint64_t> seed) {
  const Value first = random_log_gamma(alpha, seed);
  return sigmoid(first - random_log_gamma(beta, seed));
}

}  // namespace tutti
