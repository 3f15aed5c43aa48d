// Orthogonal: a random matrix with orthonormal rows or columns. Saxe, McClelland and Ganguli, 2014.
#pragma once

#include "core/initializers/initializer.h"

namespace tutti {

struct OrthogonalOptions {
  double gain = 1.0;
  std::optional<int64_t> seed = {};
};

class Orthogonal final : public Initializer {
 public:
  using Options = OrthogonalOptions;
  explicit Orthogonal(Options options = {}) : options_(options) {}
  // Leading axes count as one: (a, b, c) is initialized as (a b, c).
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
