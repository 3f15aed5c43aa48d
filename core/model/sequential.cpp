#include "core/model/sequential.h"

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/layers/input_layer.h"

namespace tutti {

Sequential::Sequential(const std::string& name) {
  set_name(name.empty() ? unique_name("sequential") : name);
}

Sequential::Sequential(std::initializer_list<LayerHandle> layers, const std::string& name)
    : Sequential(name) {
  for (const auto& layer : layers) add(layer);
}

Sequential::Sequential(std::vector<std::shared_ptr<Layer>> layers, const std::string& name)
    : Sequential(name) {
  for (auto& layer : layers) add(LayerHandle(std::move(layer)));
}

void Sequential::add(const LayerHandle& handle) {
  const auto& layer = handle.pointer();
  const std::string& added = layer->name();  // named in the order of adding
  for (const auto& other : stack_)
    if (other->name() == added)
      fail(name(), "has a layer '{}' already; every layer of a model needs a name of its own",
           added);
  if (std::dynamic_pointer_cast<InputLayer>(layer)) {
    if (!stack_.empty() || input_)
      fail(name(), "an InputLayer stands first; '{}' was added after other layers", layer->name());
    input_ = layer->apply({})[0];
    return;
  }
  if (stack_.empty() && !input_ && layer->input_shape()) input_ = Input(*layer->input_shape());
  stack_.push_back(layer);
  build_if_known();
}

void Sequential::build_if_known() {
  if (!input_) return;
  // Only the new layer is called: those before it keep their place in the graph.
  const Value last = built_graph() ? output() : *input_;
  set_graph({*input_}, stack_.back()->apply({last}));
}

std::vector<Value> Sequential::call(const std::vector<Value>& inputs) {
  if (built_graph()) return Model::call(inputs);
  if (stack_.empty()) fail(name(), "has no layers; add some");
  std::vector<Value> values{only(inputs)};
  for (const auto& layer : stack_) values = layer->apply(values);
  return values;
}

}  // namespace tutti
