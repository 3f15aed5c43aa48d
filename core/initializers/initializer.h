// Initializers: how a weight begins. As in Keras, each draws fresh numbers; here they are a pure
// function of (the program's seed or the initializer's own, how many were drawn before).
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/registry.h"
#include "core/tensor/tensor.h"

namespace tutti {

class Initializer : public Configurable {
 public:
  static constexpr const char* category = "initializer";
  // Host elements. Random ones need a floating dtype. For a kernel of rank 2 fan_in is axis 0,
  // fan_out axis 1.
  virtual Tensor operator()(const Shape& shape, DType dtype) const = 0;
};

// Numbers for an initializer, in f64: a Philox sequence under its own seed (the same at each use,
// as in Keras) or under the program's next one.
class InitializerStream {
 public:
  explicit InitializerStream(std::optional<int64_t> seed);
  double uniform();           // in [0, 1), 53 bits
  double normal();            // mean 0, variance 1
  double truncated_normal();  // a normal drawn again while beyond 2

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
  std::optional<double> spare_;  // Box-Muller makes two
};

// A tensor of draw() for each element, rounded to dtype. Throws for a dtype that is not floating.
Tensor fill_from(const Shape& shape, DType dtype, const std::function<double()>& draw);

}  // namespace tutti
