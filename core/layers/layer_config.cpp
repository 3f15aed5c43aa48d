// What every layer's config may say besides the layer's own arguments.
#include <algorithm>

#include "core/base/error.h"
#include "core/layers/layer.h"

namespace tutti {
namespace {

// A policy by name, or Keras's DTypePolicy object around one.
DTypePolicy layer_dtype(const Config& config) {
  const Config* inner = config.find("config");
  const Config* name = inner ? inner->find("name") : nullptr;
  return DTypePolicy((name ? *name : config).as_string());
}

void set_common_key(Layer& layer, const std::string& key, const Config& value) {
  if (value.is_null()) return;
  if (key == "name") layer.set_name(value.as_string());
  // A layer begins trainable, and those inside say for themselves.
  if (key == "trainable" && !value.as_bool()) layer.set_trainable(false);
  if (key == "dtype") layer.set_dtype(layer_dtype(value));
  if (key == "input_dim") layer.set_input_shape(Shape({value.as_int()}));
  if (key == "input_shape" || key == "batch_input_shape") {
    Shape shape;
    read_config(value, shape);
    layer.set_input_shape(key == "input_shape" ? shape : shape.tail());
  }
}

const bool layer_keys_declared = [] {
  for (const char* key :
       {"name", "trainable", "dtype", "input_dim", "input_shape", "batch_input_shape"})
    add_common_key(Layer::category, key);
  return true;
}();

}  // namespace

std::shared_ptr<Layer> make_layer(const Config& config) {
  (void)layer_keys_declared;
  auto layer = std::static_pointer_cast<Layer>(make_kind(Layer::category, config));
  const KindCall call = parse_kind(Layer::category, config);
  if (call.arguments.is_null()) return layer;
  const auto& declared = kind_of(*layer)->arguments;
  for (const auto& [key, value] : call.arguments.as_map()) {
    // Embedding has an input_dim of its own.
    const bool own = std::any_of(declared.begin(), declared.end(),
                                 [&, &key = key](const auto& it) { return it.name == key; });
    if (!own) set_common_key(*layer, key, value);
  }
  return layer;
}

Config layer_config(const Layer& layer) {
  const Config call = kind_config(layer);
  Config arguments{Config::Map{}};
  arguments.set("name", layer.name());
  if (!layer.trainable()) arguments.set("trainable", false);
  if (layer.dtype_policy() != DTypePolicy()) arguments.set("dtype", layer.dtype_policy().name());
  if (layer.input_shape()) arguments.set("input_shape", write_config(*layer.input_shape()));
  const auto named = [&](const std::string& name) {
    return Config(Config::Map{{name, std::move(arguments)}}).names(Layer::category);
  };
  if (call.is_string()) return named(call.as_string());
  const auto& [name, own] = call.as_map()[0];
  for (const auto& [key, value] : own.as_map()) arguments.set(key, value);
  return named(name);
}

}  // namespace tutti
