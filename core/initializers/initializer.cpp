#include "core/initializers/initializer.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/error.h"
#include "core/base/philox.h"
#include "core/base/seed.h"

namespace tutti {

InitializerStream::InitializerStream(std::optional<int64_t> seed)
    : key_(seed ? static_cast<uint64_t>(*seed) : next_seed()) {}

double InitializerStream::uniform() {
  // The block's last word keeps this sequence apart from the numbers drawn in steps.
  const PhiloxBlock block = philox(
      {{static_cast<uint32_t>(counter_), static_cast<uint32_t>(counter_ >> 32), 0x696e6974u, 0}},
      static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32));
  ++counter_;
  const uint64_t bits = (uint64_t{block.word[0]} << 32 | block.word[1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

double InitializerStream::normal() {
  if (spare_) {
    const double value = *spare_;
    spare_.reset();
    return value;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

double InitializerStream::truncated_normal() {
  double value = normal();
  while (std::abs(value) > 2.0) value = normal();
  return value;
}

Tensor fill_from(const Shape& shape, DType dtype, const std::function<double()>& draw) {
  if (!is_floating(dtype))
    fail("initializer", "random weights need a floating dtype, got {}; use zeros or ones",
         name_of(dtype));
  std::vector<double> values(static_cast<size_t>(shape.elements()));
  for (double& value : values) value = draw();
  return Tensor::from(values, shape).to(dtype);
}

}  // namespace tutti
