// Regularizers: a penalty on a weight (or an output), added to the loss.
#pragma once

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

class Regularizer : public Configurable {
 public:
  static constexpr const char* category = "regularizer";
  virtual Value operator()(const Value& weight) const = 0;  // a scalar
};

}  // namespace tutti
