// Activations: functions of one value that keep its shape. A layer can stand where one is wanted.
#pragma once

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

class Activation : public Configurable {
 public:
  static constexpr const char* category = "activation";
  virtual Value operator()(const Value& x) const = 0;
};

}  // namespace tutti
