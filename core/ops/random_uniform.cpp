#include "core/ops/random_uniform.h"

#include <fmt/format.h>

#include <numbers>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/op_checks.h"

namespace tutti {
namespace {

Value draw(const Value& like, std::optional<uint64_t> seed) {
  return make_node(std::make_shared<RandomUniformOp>(seed), {like});
}

}  // namespace

std::vector<ValueType> RandomUniformOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("random_uniform", inputs, 1);
  require_floating("random_uniform", inputs[0]);
  if (inputs[0].shape.rank() == 0 || inputs[0].kind == ValueKind::partial)
    fail("random_uniform", "takes a value of one axis or more that is no sum still owed, got {}",
         to_string(inputs[0]));
  return {inputs[0]};
}

std::string RandomUniformOp::parameters() const {
  const std::string own = seed() ? fmt::format("seed={} ", *seed()) : "";
  return fmt::format("{}call_site={}", own, call_site());
}

Value random_uniform(const Value& like, double low, double high, std::optional<uint64_t> seed) {
  return low + draw(like, seed) * (high - low);
}

Value random_normal(const Value& like, double mean, double stddev, std::optional<uint64_t> seed) {
  const Value radius = sqrt(-2.0 * log(1.0 - draw(like, seed)));  // 1 - u is never 0
  return mean + radius * cos(draw(like, seed) * (2 * std::numbers::pi)) * stddev;
}

}  // namespace tutti
