#include "core/model/model.h"

#include <algorithm>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/seed.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/graph.h"
#include "core/graph/trace.h"
#include "core/layers/input_layer.h"
#include "core/layers/layer_output.h"
#include "core/model/batch.h"
#include "core/model/layer_graph.h"
#include "core/model/model_file.h"
#include "core/model/predict.h"
#include "core/model/repeat_calls.h"
#include "core/model/trainer.h"
#include "core/model/weights_file.h"
#include "core/optimizers/loss_scale_optimizer.h"
#include "core/tensor/class_labels.h"

namespace tutti {

Model::Model() = default;
Model::~Model() = default;

Model::Model(const Value& input, const Value& output, const std::string& name)
    : Model(std::vector<Value>{input}, std::vector<Value>{output}, name) {}

Model::Model(const std::vector<Value>& inputs, const std::vector<Value>& outputs,
             const std::string& name) {
  set_name(name.empty() ? unique_name("functional") : name);
  functional_ = true;
  set_graph(inputs, outputs);
}

// --- structure
// ------------------------------------------------------------------------------------

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
      fail(model, "the outputs need input '{}', which is not among the model's inputs; add it",
           input->label());
    stack.insert(stack.end(), value.node()->inputs.begin(), value.node()->inputs.end());
  }
}

bool is_input_layer(const std::shared_ptr<Layer>& layer) {
  return std::dynamic_pointer_cast<InputLayer>(layer) != nullptr;
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
  layers_ = LayerGraph(inputs_, outputs_).layers();
  if (!functional_) std::erase_if(layers_, is_input_layer);
}

void Model::build(const std::vector<Shape>& inputs) {
  std::vector<RowColumn> columns;
  for (const auto& shape : inputs) columns.push_back({"", shape.tail(), DType::f32});
  if (!built_graph()) build_on(columns);
}

void Model::build_on(const std::vector<RowColumn>& inputs) {
  const Trace apart;  // what layers assign on placeholders is no part of a step
  std::vector<Value> placeholders;
  for (size_t i = 0; i < inputs.size(); ++i)
    placeholders.push_back(Input(inputs[i].shape,
                                 inputs.size() == 1 ? "" : fmt::format("input_{}", i + 1),
                                 inputs[i].dtype == DType::string ? DType::string : DType::f32));
  set_graph(placeholders, this->call(placeholders));
}

void Model::build_graph(const std::vector<RowColumn>& inputs) {
  if (built_graph()) return;
  std::vector<RowColumn> columns = inputs;
  for (auto& column : columns)  // a bare number per row is a row of one feature, as Keras has it
    if (column.shape.rank() == 0) column.shape = Shape{1};
  build_on(columns);
}

const std::vector<Value>& Model::inputs() const {
  if (!built_graph())
    fail(name(),
         "the model has no inputs yet; call it on data, or give its first layer an input_shape");
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
std::vector<LayerPart> Model::parts() const { return listed_parts("layers", layers()); }

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
      fail(name(), "was called on {} inputs; override call(const std::vector<Value>&)",
           inputs.size());
    return {this->call(inputs[0])};
  }
  if (inputs.size() != inputs_.size())
    fail(name(), "takes {} inputs, got {}", inputs_.size(), inputs.size());
  ValueMap map;
  for (size_t i = 0; i < inputs.size(); ++i) map[inputs_[i]] = inputs[i];
  auto repeated = repeat_calls(outputs_, map);
  for (const auto& loss : repeated.losses) add_loss(loss);
  return std::move(repeated.outputs);
}

Value Model::call(const Value&) {
  fail(name(),
       "this model defines no call(); override it, or make the model from inputs and outputs");
}

void Model::save(const std::string& path) const { save_model(*this, path); }
void Model::save_weights(const std::string& path) const { save_weights_file(*this, path); }
void Model::load_weights(const std::string& path) { load_weights_file(*this, path); }

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
  for (size_t i = 0; i < values.size(); ++i)
    variables[i]->set_value(values[i].to(variables[i]->dtype()));
}

uint64_t Model::digest() const {
  Hasher hasher;
  for (const auto& variable : trainable_weights()) {
    const Tensor host = variable->value().to_host();
    hasher.update(host.raw(), host.bytes());
  }
  return hasher.digest();
}

// --- training
// ---------------------------------------------------------------------------------------

void Model::compile(CompileOptions options) {
  auto& optimizer = options.optimizer;
  if (options.auto_scale_loss && dtype_policy() == DTypePolicy("mixed_float16") && optimizer &&
      !optimizer->wraps_another())
    optimizer = LossScaleOptimizer({.inner_optimizer = optimizer});
  trainer_ = std::make_unique<Trainer>(*this, std::make_shared<CompileOptions>(std::move(options)));
}

Trainer& Model::trainer() const {
  if (!trainer_) fail(name(), "is not compiled; call compile() before training or evaluating it");
  return *trainer_;
}

const CompileOptions& Model::compile_options() const { return trainer().options(); }
Optimizer& Model::optimizer() const { return trainer().optimizer(); }

RowSourcePtr Model::labelled_rows(const char* verb, const Tensor& x, const Tensor& y,
                                  const Tensor& sample_weight) {
  auto rows = make_rows(x, y, sample_weight);
  if (!y.defined()) return rows;
  check_columns(*this, *rows);
  const auto* loss = compile_options().loss.of(0, output_names_);
  if (outputs().size() != 1 || !loss || !*loss) return rows;
  const Shape& predicted = outputs()[0].shape();
  const auto classes = (*loss)->label_classes(predicted);
  // One-hot rows are for the loss to refuse.
  if (classes && y.shape().elements_per_row() * *classes == predicted.elements_per_row())
    check_class_labels(y, *classes, rows_of(verb));
  return rows;
}

History Model::fit(const Tensor& x, const Tensor& y, const FitOptions& options) {
  return trainer().fit(labelled_rows("fit", x, y, options.sample_weight), options);
}
History Model::fit(const RowSourcePtr& rows, const FitOptions& options) {
  if (options.sample_weight.defined())
    fail("fit", "sample_weight goes with tensors; these rows bring their own weights");
  return trainer().fit(rows, options);
}
TrainingControl::Plan Model::prepare(const RowSourcePtr& rows, const FitOptions& options) {
  return trainer().prepare(rows, options);
}
Logs Model::evaluate(const Tensor& x, const Tensor& y, int64_t batch_size,
                     const Tensor& sample_weight) {
  return trainer().evaluate(*labelled_rows("evaluate", x, y, sample_weight), batch_size);
}
Logs Model::evaluate(const RowSourcePtr& rows, int64_t batch_size) {
  return trainer().evaluate(*rows, batch_size);
}
Logs Model::train_on_batch(const Tensor& x, const Tensor& y, const Tensor& sample_weight) {
  return trainer().train_on_batch(*labelled_rows("train_on_batch", x, y, sample_weight));
}
Logs Model::train_on_batch(const RowSourcePtr& rows) { return trainer().train_on_batch(*rows); }
Logs Model::test_on_batch(const Tensor& x, const Tensor& y, const Tensor& sample_weight) {
  return trainer().evaluate(*labelled_rows("test_on_batch", x, y, sample_weight), x.rows());
}
Tensor Model::predict(const Tensor& x, int64_t batch_size) {
  const auto outputs = predict_rows(*this, *make_rows(x), batch_size);
  if (outputs.size() != 1)
    fail(name(), "has {} outputs; predict(make_rows(x)) returns all of them", outputs.size());
  return outputs[0];
}
std::vector<Tensor> Model::predict(const RowSourcePtr& rows, int64_t batch_size) {
  return predict_rows(*this, *rows, batch_size);
}

}  // namespace tutti
