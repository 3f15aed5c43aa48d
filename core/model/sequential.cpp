#include "core/model/sequential.h"

#include <string_view>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/graph/trace.h"
#include "core/layers/input_layer.h"

namespace tutti {

namespace {

void require_own_names(const std::string& model,
                       const std::vector<std::shared_ptr<Layer>>& layers) {
  std::unordered_set<std::string_view> names;
  for (const auto& layer : layers)  // named in the order of adding
    if (!names.insert(layer->name()).second)
      fail(model, "has a layer '{}' already; every layer of a model needs a name of its own",
           layer->name());
}

}  // namespace

Sequential::Sequential(const std::string& name) {
  set_name(name.empty() ? unique_name("sequential") : name);
}

Sequential::Sequential(Options options) : Sequential() {
  for (const auto& layer : options.layers) append(layer.pointer());
  require_own_names(this->name(), stack_);
  extend();
  if (!built_graph() && options.build_input_shape && !stack_.empty())
    build({*options.build_input_shape});
}

Sequential::Options Sequential::options() const {
  Options options;
  if (!values_.empty()) {
    options.layers.emplace_back(layer_call_of(values_[0][0])->layer);
    options.build_input_shape = values_[0][0].shape();
  }
  for (const auto& layer : stack_) options.layers.emplace_back(layer);
  return options;
}

Sequential::Sequential(std::initializer_list<LayerHandle> layers, const std::string& name)
    : Sequential(name) {
  for (const auto& layer : layers) append(layer);
  require_own_names(this->name(), stack_);
  extend();
}

Sequential::Sequential(std::vector<std::shared_ptr<Layer>> layers, const std::string& name)
    : Sequential(name) {
  for (auto& layer : layers) append(LayerHandle(std::move(layer)));
  require_own_names(this->name(), stack_);
  extend();
}

void Sequential::add(const LayerHandle& handle) {
  auto layers = stack_;
  layers.push_back(handle.pointer());
  require_own_names(name(), layers);
  append(handle);
  extend();
}

void Sequential::append(const LayerHandle& handle) {
  const auto& layer = handle.pointer();
  layer->name();  // named in the order of adding
  if (std::dynamic_pointer_cast<InputLayer>(layer)) {
    if (!stack_.empty() || !values_.empty())
      fail(name(), "an InputLayer stands first; '{}' was added after other layers", layer->name());
    values_ = {layer->apply({})};
    return;
  }
  stack_.push_back(layer);
  if (values_.empty() && stack_.size() == 1) {
    const auto* model = dynamic_cast<const Model*>(layer.get());
    if (layer->input_shape())
      begin(*layer->input_shape(), layer->input_dtype());
    else if (model && model->built_graph() && model->inputs().size() == 1)
      begin(model->input().shape().tail(), model->input().dtype());
  }
}

std::shared_ptr<Layer> Sequential::pop() {
  if (stack_.empty()) fail(name(), "has no layer to take off; add some");
  const auto last = stack_.back();
  stack_.pop_back();
  if (values_.size() > stack_.size() + 1) values_.pop_back();
  if (stack_.empty())
    set_graph({}, {});
  else
    extend();
  return last;
}

void Sequential::begin(const Shape& row, DType data) {
  const bool text = data == DType::string;  // which no layer takes by a cast
  values_ = {{Input(row, "", text ? data : stack_.front()->input_dtype())}};
}

// Only new layers are called: those before keep their place in the graph, which is made once for
// however many are new.
void Sequential::extend() {
  if (values_.empty() || stack_.empty()) return;
  while (values_.size() <= stack_.size())
    values_.push_back(stack_[values_.size() - 1]->apply(values_.back()));
  set_graph(values_.front(), values_.back());
}

void Sequential::build_on(const std::vector<RowColumn>& inputs) {
  if (stack_.empty()) fail(name(), "has no layers; add some");
  if (inputs.size() != 1)
    fail(name(), "takes one input, got {}; make a functional model for several", inputs.size());
  const Trace apart;  // as Model::build_on
  begin(inputs[0].shape, inputs[0].dtype);
  extend();
}

void Sequential::retrace() {
  for (size_t i = 1; i < values_.size(); ++i)
    values_[i] = stack_[i - 1]->call_again(*layer_call_of(values_[i][0]), values_[i - 1]);
  set_graph(values_.front(), values_.back());
}

std::vector<Value> Sequential::call(const std::vector<Value>& inputs) {
  if (!built_graph()) fail(name(), "has no layers; add some");
  return Model::call(inputs);
}

TUTTI_REGISTER(Layer, Sequential, "Sequential", "layers, each fed by the one before")
    .argument("layers", &SequentialOptions::layers, "from the first to the last")
    .argument("build_input_shape", &SequentialOptions::build_input_shape,
              "of the input with rows, where no layer says it")
    .keras_module("keras");

}  // namespace tutti
