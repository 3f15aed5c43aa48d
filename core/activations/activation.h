// Activations: functions of one value that keep its shape (glu halves an axis). A layer can stand
// where one is wanted.
#pragma once

#include <functional>
#include <memory>

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

class Layer;
class LayerHandle;

class ActivationFunction : public Configurable {
 public:
  static constexpr const char* category = "activation";
  virtual Value operator()(const Value& x) const = 0;
  // The layer that stands here, if one does: its weights belong to who owns the activation.
  virtual std::shared_ptr<Layer> layer() const { return nullptr; }
  virtual Config config() const { return kind_config(*this); }  // what makes it again

  // A C++ function of a value written in ops; it has no config.
  static std::shared_ptr<ActivationFunction> from_function(
      std::function<Value(const Value&)> function);
  static std::shared_ptr<ActivationFunction> from_function(const LayerHandle& layer);
};

inline Config write_config(const Ref<ActivationFunction>& activation) {
  return activation ? activation->config() : Config();
}

}  // namespace tutti
