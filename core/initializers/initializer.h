// Initializers: how a weight begins. As in Keras, each draws fresh numbers; here they are a pure
// function of (the program's seed or the initializer's own, how many were drawn before).
#pragma once

#include "core/base/registry.h"
#include "core/tensor/tensor.h"

namespace tutti {

class Initializer : public Configurable {
 public:
  static constexpr const char* category = "initializer";
  // Host elements of a floating dtype. For a kernel of rank 2 fan_in is axis 0, fan_out axis 1.
  virtual Tensor operator()(const Shape& shape, DType dtype) const = 0;
};

}  // namespace tutti
