#include "core/model/model.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/seed.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/graph.h"
#include "core/layers/input_layer.h"
#include "core/layers/layer_output.h"
#include "core/model/predict.h"
#include "core/model/trainer.h"

namespace tutti {

Model::Model() = default;
Model::~Model() = default;

Model::Model(const Value& input, const Value& output, const std::string& name)
    : Model(std::vector<Value>{input}, std::vector<Value>{output}, name) {}

Model::Model(const std::vector<Value>& inputs, const std::vector<Value>& outputs, const std::string& name) {
  set_name(name.empty() ? unique_name("functional") : name);
  set_graph(inputs, outputs);
}

// --- structure ------------------------------------------------------------------------------------

namespace {

// Throws if the outputs need a placeholder that does not lie behind one of the inputs.
void require_inputs(const std::string& model, const std::vector<Value>& inputs,
                    const std::vector<Value>& outputs) {
  std::unordered_set<const Node*> seen;
  for (const auto& input : inputs) seen.insert(input.node().get());
  std::vector<Value> stack = outputs;
  while (!stack.empty()) {
    const Value value = stack.back();
    stack.pop_back();
    if (!seen.insert(value.node().get()).second) continue;
    if (const auto* input = dynamic_cast<const InputOp*>(value.node()->op.get()))
      fail(model, "the outputs need input '{}', which is not among the model's inputs; add it", input->label());
    stack.insert(stack.end(), value.node()->inputs.begin(), value.node()->inputs.end());
  }
}

}  // namespace

void Model::set_graph(std::vector<Value> inputs, std::vector<Value> outputs) {
  require_inputs(name(), inputs, outputs);
  inputs_ = std::move(inputs);
  outputs_ = std::move(outputs);
  output_names_.clear();
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const auto call = layer_call_of(outputs_[i]);
    output_names_.push_back(call ? call->layer->name() : fmt::format("output_{}", i + 1));
  }
  find_layers();
}

namespace {

// Layers in Keras's order: those farthest from the outputs first, then as met from the outputs.
class LayerOrder {
 public:
  explicit LayerOrder(const std::vector<Value>& outputs) {
    std::vector<const LayerCall*> ends;
    for (const auto& output : outputs)
      for (const LayerCall* call : calls_of(output)) ends.push_back(call);
    for (const LayerCall* call : ends) visit(call);
    // Post-order reversed puts each call before those that feed it.
    for (auto call = finished_.rbegin(); call != finished_.rend(); ++call) {
      const int depth = depth_[*call];
      for (const auto& input : (*call)->inputs)
        for (const LayerCall* feeder : calls_of(input)) depth_[feeder] = std::max(depth_[feeder], depth + 1);
    }
  }

  std::vector<std::shared_ptr<Layer>> layers() const {
    std::vector<std::shared_ptr<Layer>> found = met_;
    std::unordered_map<const Layer*, int> depth;
    for (const auto& [call, at] : depth_) {
      auto [entry, added] = depth.try_emplace(call->layer.get(), at);
      entry->second = std::max(entry->second, at);
    }
    std::stable_sort(found.begin(), found.end(),
                     [&](const auto& a, const auto& b) { return depth[a.get()] > depth[b.get()]; });
    return found;
  }

 private:
  // The layer calls that a value comes from: its own, or through bare ops those of their inputs.
  static std::vector<const LayerCall*> calls_of(const Value& value) {
    std::vector<const LayerCall*> calls;
    std::unordered_set<const void*> seen;
    std::vector<Value> stack{value};
    while (!stack.empty()) {
      const Value at = stack.back();
      stack.pop_back();
      const auto call = layer_call_of(at);
      if (!seen.insert(call ? static_cast<const void*>(call.get()) : at.node().get()).second) continue;
      if (call)
        calls.push_back(call.get());
      else
        stack.insert(stack.end(), at.node()->inputs.rbegin(), at.node()->inputs.rend());
    }
    return calls;
  }

  void visit(const LayerCall* root) {
    struct Frame {
      const LayerCall* call;
      std::vector<const LayerCall*> feeders;
      size_t next = 0;
    };
    std::vector<Frame> stack;
    const auto enter = [&](const LayerCall* call) {
      if (!depth_.try_emplace(call, 0).second) return;
      if (seen_.insert(call->layer.get()).second) met_.push_back(call->layer);
      Frame frame{call, {}, 0};
      for (const auto& input : call->inputs)
        for (const LayerCall* feeder : calls_of(input)) frame.feeders.push_back(feeder);
      stack.push_back(std::move(frame));
    };
    enter(root);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next < top.feeders.size()) {
        enter(top.feeders[top.next++]);
      } else {
        finished_.push_back(top.call);
        stack.pop_back();
      }
    }
  }

  std::unordered_map<const LayerCall*, int> depth_;
  std::unordered_set<const Layer*> seen_;
  std::vector<std::shared_ptr<Layer>> met_;
  std::vector<const LayerCall*> finished_;
};

}  // namespace

void Model::find_layers() { layers_ = LayerOrder(outputs_).layers(); }

void Model::build(const std::vector<Shape>& inputs) {
  if (built_graph()) return;
  std::vector<Value> placeholders;
  for (size_t i = 0; i < inputs.size(); ++i)
    placeholders.push_back(Input(inputs[i].tail(), inputs.size() == 1 ? "" : fmt::format("input_{}", i + 1)));
  set_graph(placeholders, this->call(placeholders));
}

void Model::build_graph(const std::vector<RowColumn>& inputs) {
  if (built_graph()) return;
  std::vector<Shape> shapes;
  for (const auto& column : inputs) {
    std::vector<int64_t> dims{kRows};
    // A bare number per row is a row of one feature, as Keras has it.
    if (column.shape.rank() == 0) dims.push_back(1);
    dims.insert(dims.end(), column.shape.dims().begin(), column.shape.dims().end());
    shapes.emplace_back(std::move(dims));
  }
  build(shapes);
}

const std::vector<Value>& Model::inputs() const {
  if (!built_graph())
    fail(name(), "the model has no inputs yet; call it on data, or give its first layer an input_shape");
  return inputs_;
}

const std::vector<Value>& Model::outputs() const {
  inputs();
  return outputs_;
}

std::vector<std::string> Model::input_names() const {
  std::vector<std::string> names;
  for (const auto& input : inputs()) {
    const auto call = layer_call_of(input);
    names.push_back(call ? call->layer->name() : "");
  }
  return names;
}

std::vector<std::shared_ptr<Layer>> Model::layers() const { return layers_; }
std::vector<std::shared_ptr<Layer>> Model::sublayers() const { return layers(); }

std::shared_ptr<Layer> Model::get_layer(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& layer : layers()) {
    if (layer->name() == name) return layer;
    names.push_back(layer->name());
  }
  fail(this->name(), "has no layer '{}'{}", name, did_you_mean(name, names));
}

std::shared_ptr<Layer> Model::get_layer(size_t index) const {
  const auto all = layers();
  if (index >= all.size()) fail(name(), "has {} layers, asked for number {}", all.size(), index);
  return all[index];
}

std::vector<Value> Model::call(const std::vector<Value>& inputs) {
  if (!built_graph()) {
    if (inputs.size() != 1)
      fail(name(), "was called on {} inputs; override call(const std::vector<Value>&)", inputs.size());
    return {this->call(inputs[0])};
  }
  if (inputs.size() != inputs_.size())
    fail(name(), "takes {} inputs, got {}", inputs_.size(), inputs.size());
  ValueMap map;
  for (size_t i = 0; i < inputs.size(); ++i) map[inputs_[i]] = inputs[i];
  // What layers inside add to the loss is computed from the same values as the outputs.
  std::vector<Value> wanted = outputs_;
  for (const auto& node : topological_order(outputs_))
    if (const auto call = layer_call_of(Value(node)))
      for (const auto& loss : call->losses)
        if (std::find(wanted.begin(), wanted.end(), loss) == wanted.end()) wanted.push_back(loss);
  auto values = substitute(wanted, map);
  for (size_t i = outputs_.size(); i < values.size(); ++i) add_loss(values[i]);
  values.resize(outputs_.size());
  for (auto& value : values) value = unmarked(value);
  return values;
}

Value Model::call(const Value&) {
  fail(name(), "this model defines no call(); override it, or make the model from inputs and outputs");
}

void Model::set_trainable(bool trainable) { Layer::set_trainable(trainable); }

std::vector<Tensor> Model::get_weights() const {
  std::vector<Tensor> copies;
  for (const auto& variable : weights()) {
    const Tensor host = variable->value().to_host();
    copies.push_back(host.raw() == variable->value().raw() ? host.clone() : host);
  }
  return copies;
}

void Model::set_weights(const std::vector<Tensor>& values) {
  const auto variables = weights();
  if (values.size() != variables.size())
    fail(name(), "has {} weights, got {} tensors", variables.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) variables[i]->set_value(values[i].to(variables[i]->dtype()));
}

uint64_t Model::digest() const {
  Hasher hasher;
  for (const auto& variable : trainable_weights()) {
    const Tensor host = variable->value().to_host();
    hasher.update(host.raw(), host.bytes());
  }
  return hasher.digest();
}

// --- training ---------------------------------------------------------------------------------------

void Model::compile(CompileOptions options) {
  trainer_ = std::make_unique<Trainer>(*this, std::make_shared<CompileOptions>(std::move(options)));
}

Trainer& Model::trainer() const {
  if (!trainer_) fail(name(), "is not compiled; call compile() before training or evaluating it");
  return *trainer_;
}

const CompileOptions& Model::compile_options() const { return trainer().options(); }
Optimizer& Model::optimizer() const { return trainer().optimizer(); }

History Model::fit(const Tensor& x, const Tensor& y, FitOptions options) {
  const Tensor weights = options.sample_weight;
  return trainer().fit(make_rows(x, y, weights), std::move(options));
}
History Model::fit(const RowSourcePtr& rows, FitOptions options) {
  if (options.sample_weight.defined())
    fail("fit", "sample_weight goes with tensors; these rows bring their own weights");
  return trainer().fit(rows, options);
}
Logs Model::evaluate(const Tensor& x, const Tensor& y, int64_t batch_size, const Tensor& sample_weight) {
  return trainer().evaluate(*make_rows(x, y, sample_weight), batch_size);
}
Logs Model::evaluate(const RowSourcePtr& rows, int64_t batch_size) {
  return trainer().evaluate(*rows, batch_size);
}
Logs Model::train_on_batch(const Tensor& x, const Tensor& y, const Tensor& sample_weight) {
  return trainer().train_on_batch(*make_rows(x, y, sample_weight));
}
Tensor Model::predict(const Tensor& x, int64_t batch_size) {
  return predict_rows(*this, *make_rows(x), batch_size).at(0);
}
std::vector<Tensor> Model::predict(const RowSourcePtr& rows, int64_t batch_size) {
  return predict_rows(*this, *rows, batch_size);
}

}  // namespace tutti
