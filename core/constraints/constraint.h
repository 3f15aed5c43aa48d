// Constraints: what a weight must keep, restored after every step of an optimizer.
#pragma once

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

class Constraint : public Configurable {
 public:
  static constexpr const char* category = "constraint";
  virtual Value operator()(const Value& weight) const = 0;  // of the weight's shape and dtype
};

}  // namespace tutti
