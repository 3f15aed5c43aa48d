// What every layer's config may say besides the layer's own arguments.
#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/layers/layer.h"

namespace tutti {
namespace {

// A policy by name, or Keras's object around it: a DTypePolicy, or one of quantized weights.
DTypePolicy layer_dtype(const Config& config) {
  const Config* inner = config.find("config");
  const Config* mode = inner ? inner->find("mode") : nullptr;
  const Config* source = inner ? inner->find("source_name") : nullptr;
  if (mode && source) return DTypePolicy(mode->as_string() + "_from_" + source->as_string());
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

// The shapes that it was built for, as Keras has them: of one input, of the list that a call takes,
// or of its arguments.
Config build_config(const Layer& layer) {
  const auto& shapes = layer.built_for();
  if (shapes.size() == 1) return Config::Map{{"input_shape", write_config(shapes[0])}};
  const auto names = layer.call_names();
  Config::List list;
  for (const auto& shape : shapes) list.push_back(write_config(shape));
  if (names.empty()) return Config::Map{{"input_shape", std::move(list)}};
  Config arguments{Config::Map{}};
  for (size_t i = 0; i < names.size() && !list.empty(); ++i) {
    const bool rest = names[i].ends_with('*');
    const std::string name = rest ? names[i].substr(0, names[i].size() - 1) : names[i];
    if (!name.ends_with("mask"))  // of which no weight depends
      arguments.set(name + "_shape", rest ? Config(std::exchange(list, {})) : Config(list.front()));
    if (!rest) list.erase(list.begin());
  }
  return Config::Map{{"shapes_dict", std::move(arguments)}};
}

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
    // One that keeps states was built for a number of rows, which its call tells alone.
    const Config* stateful = arguments.find("stateful");
    const bool any_rows = !stateful || *stateful == Config(false);
    Config named = Config(Config::Map{{name, std::move(arguments)}}).names(Layer::category);
    if (any_rows && !layer.built_for().empty())
      named.set_beside(Config::Map{{"build_config", build_config(layer)}});
    return named;
  };
  if (call.is_string()) return named(call.as_string());
  const auto& [name, own] = call.as_map()[0];
  for (const auto& [key, value] : own.as_map()) arguments.set(key, value);
  return named(name);
}

}  // namespace tutti
