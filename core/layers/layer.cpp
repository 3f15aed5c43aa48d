#include "core/layers/layer.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/executable.h"
#include "core/layers/adaptation.h"
#include "core/layers/deferred_weights.h"
#include "core/layers/layer_output.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"

namespace tutti {
namespace {

// What made a value, for messages.
std::string maker_of(const Value& value) {
  if (const auto call = layer_call_of(value)) return "layer '" + call->layer->name() + "'";
  if (const auto* input = dynamic_cast<const InputOp*>(value.node()->op.get()))
    return "input '" + input->label() + "'";
  return fmt::format("op '{}'", value.node()->op->name());
}

std::string describe_inputs(const std::vector<Value>& inputs) {
  std::string text;
  for (const auto& input : inputs)
    text += fmt::format("{}{} from {}", text.empty() ? "" : ", ", to_string(input.shape()),
                        maker_of(input));
  return text;
}

Shape with_unbound_rows(const Shape& shape) {
  std::vector<int64_t> dims = shape.dims();
  if (!dims.empty()) dims[0] = kRows;
  return Shape(std::move(dims));
}

}  // namespace

const std::string& Layer::name() const {
  if (name_.empty()) name_ = unique_name(plain_name());
  return name_;
}

std::string Layer::class_name() const {
  if (const KindInfo* kind = kind_of(*this)) return kind->name;
  std::string name = typeid(*this).name();
  int status = 0;
  if (char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status)) {
    name = text;
    std::free(text);
  }
  name = name.substr(name.rfind(':') + 1);
  if (name.size() > 5 && name.ends_with("Layer")) name.resize(name.size() - 5);
  return name;
}

void Layer::set_name(std::string name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (name.empty() || name.find('/') != std::string::npos || std::ranges::any_of(name, is_control))
    fail("layer", "'{}' is no name for a layer; use text without '/' and control characters", name);
  name_ = std::move(name);
  set_scope(scope_);
}

void Layer::set_scope(const std::string& scope) {
  scope_ = scope;
  const std::string inside = scope_ + name() + "/";
  for (const auto& weight : own_weights_) weight.variable->rename(inside + weight.name);
  if (names_sublayers())
    for (const auto& layer : sublayers()) layer->set_scope(inside);
}

void Layer::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (const auto& weight : own_weights_)
    weight.variable->set_trainable(trainable && weight.trainable);
  for (const auto& layer : sublayers()) layer->set_trainable(trainable);
}

void Layer::set_dtype(const DTypePolicy& policy) {
  if (built_ && policy != dtype_)
    fail(where(), "its dtype is {} already; set the dtype before the first call", dtype_.name());
  if (policy.quantization && !quantizable())
    fail(where(), "has no weights that '{}' quantizes; give it dtype {}", policy.name(),
         policy.source_name());
  dtype_ = policy;
}

std::vector<Value> Layer::autocasted(std::vector<Value> inputs) const {
  if (!autocast().inputs || !is_floating(compute_dtype())) return inputs;
  for (Value& input : inputs)
    if (is_floating(input.dtype())) input = cast_with_mask(input, compute_dtype());
  return inputs;
}

bool Layer::fits(const Shape& built, const Shape& given) const {
  return own_weights_.empty() || built == given;
}

void Layer::build_once(const std::vector<Value>& inputs) {
  std::vector<Shape> shapes;
  for (const auto& input : inputs) shapes.push_back(with_unbound_rows(input.shape()));
  if (!built_) {
    for (const auto& input : inputs) built_from_.push_back(maker_of(input));
    return build_for(shapes);
  }
  for (size_t i = 0; i < shapes.size() && i < built_for_.size(); ++i)
    if (!fits(built_for_[i], shapes[i]))
      fail(where(),
           "was built for shape {} by its first call on {}, and cannot take shape {} from {}; use "
           "another layer for it, or give both inputs one width",
           to_string(built_for_[i]), built_from_[i], to_string(shapes[i]), maker_of(inputs[i]));
}

void Layer::build_for(const std::vector<Shape>& inputs) {
  if (built_) return;
  set_scope(scope_);
  build(inputs);
  built_for_ = inputs;
  built_from_.resize(inputs.size());
  built_ = true;
  if (!trainable_) set_trainable(false);  // inner layers made by build()
}

std::vector<Value> Layer::apply(const std::vector<Value>& inputs, std::optional<bool> training) {
  auto outputs = run(inputs, calls_++, training);
  if (outputs_.empty() || outputs_[0].expired()) {
    outputs_.clear();
    for (const auto& output : outputs) outputs_.push_back(output.node());
  }
  return outputs;
}

std::vector<Value> Layer::call_again(const LayerCall& call, const std::vector<Value>& inputs) {
  return run(inputs, call.number, call.training);
}

std::vector<Value> Layer::run(const std::vector<Value>& inputs, int number,
                              std::optional<bool> training) {
  const NodeScope scope(name());
  const FixedPhase phase(training);
  // A model may stand on the stack, where nobody shares it: it outlives the graphs it is part of.
  auto self = weak_from_this().lock();
  if (!self) self = std::shared_ptr<Layer>(this, [](Layer*) {});
  auto call = std::make_shared<LayerCall>(LayerCall{
      .layer = std::move(self), .inputs = inputs, .number = number, .training = training});
  struct Current {  // a layer may be called inside its own call
    Layer& layer;
    LayerCall* outer;
    ~Current() { layer.call_ = outer; }
  } current{*this, std::exchange(call_, call.get())};
  std::vector<Value> outputs;
  try {
    if (const auto* data = Adaptation::current(); data && waits_for_adapt())
      adapt(data->rows_of(inputs.at(0)));
    build_once(inputs);
    const auto given = autocasted(inputs);
    const bool cast_weights = dtype_.mixed() && autocast().weights;
    const AutocastScope autocasting(cast_weights ? std::optional(compute_dtype()) : std::nullopt);
    outputs = this->call(given);
    call->masks = masks_of(given, outputs);
  } catch (Error& error) {
    const std::string message = error.what();
    if (!message.starts_with("[" + name() + "]"))
      error.reword(fmt::format("[{}] called on {}: {}", name(), describe_inputs(inputs), message));
    throw;
  }
  for (const auto& output : outputs) call->outputs.push_back(output.shape());
  for (size_t i = 0; i < outputs.size(); ++i)
    outputs[i] = make_node(std::make_shared<LayerOutputOp>(call, i), {std::move(outputs[i])});
  return outputs;
}

std::vector<Value> Layer::apply_sublayer(Layer& layer, const std::vector<Value>& inputs) {
  auto outputs = layer.apply(inputs);
  for (const auto& loss : layer_call_of(outputs.at(0))->losses) add_loss(loss);
  return outputs;
}

Value Layer::apply_for_one(const std::vector<Value>& inputs) {
  const auto outputs = apply(inputs);
  if (outputs.size() != 1)
    fail(where(), "returns {} values where one is taken; call it with apply()", outputs.size());
  return outputs[0];
}

Value Layer::output() const {
  if (outputs_.empty() || outputs_[0].expired())
    fail(where(), "is in no model yet; call it on an Input first");
  if (outputs_.size() != 1)
    fail(where(), "returned {} values; keep what the call returned", outputs_.size());
  return Value(outputs_[0].lock());
}

void Layer::adapt(const Tensor&) { fail(where(), "learns nothing by adapt(); leave it out"); }

VariablePtr Layer::add_weight(const std::string& name, const Shape& shape,
                              const Ref<Initializer>& initializer,
                              const Ref<Regularizer>& regularizer, bool trainable,
                              std::optional<DType> dtype) {
  if (!initializer)
    fail(where(), "weight '{}' has no initializer; name one, for example 'zeros'", name);
  if (!dtype && !is_floating(this->dtype()))
    fail(where(), "weight '{}' cannot be {}; give the layer a floating dtype", name,
         name_of(this->dtype()));
  DeferredWeights* deferred = DeferredWeights::current();
  const DType type = dtype.value_or(this->dtype());
  auto variable = make_variable(scope_ + this->name() + "/" + name,
                                deferred ? Tensor::empty(shape, type) : (*initializer)(shape, type),
                                trainable && trainable_);
  if (deferred) deferred->add(variable, initializer);
  own_weights_.push_back({name, variable, regularizer, trainable});
  return variable;
}

VariablePtr Layer::add_weight(const std::string& name, const Shape& shape,
                              const Ref<Initializer>& initializer,
                              const Ref<Regularizer>& regularizer,
                              const Ref<Constraint>& constraint) {
  auto variable = add_weight(name, shape, initializer, regularizer);
  if (constraint)
    variable->set_constraint([constraint](const Value& weight) { return (*constraint)(weight); });
  return variable;
}

void Layer::add_loss(const Value& loss) {
  if (!call_) fail(where(), "add_loss() is for inside call(); call it there");
  if (loss.shape().rank() != 0 || loss.kind() == ValueKind::row)
    fail(where(), "add_loss() takes a scalar summed over rows, got {}; reduce it",
         to_string(loss.type()));
  call_->losses.push_back(loss);
}

void Layer::add_activity_loss(const Ref<Regularizer>& regularizer, const Value& output) {
  if (!regularizer) return;
  const Value penalty = (*regularizer)(output);
  if (output.kind() == ValueKind::row) {
    add_loss(penalty / cast(row_count(), penalty.dtype()));
  } else {
    const int64_t rows = output.shape().rank() == 0 ? 1 : output.shape()[0];
    add_loss(penalty / static_cast<double>(rows));
  }
}

const Value& Layer::only(const std::vector<Value>& inputs) const {
  if (inputs.size() != 1)
    fail(where(), "takes one input, got {} ({}); call it on one value", inputs.size(),
         describe_inputs(inputs));
  return inputs[0];
}

Value Layer::to_dtype(const Value& value) const { return cast(value, compute_dtype()); }

Value Layer::widened(const Value& value) const {
  return is_half(compute_dtype()) ? cast(value, DType::f32) : to_dtype(value);
}

std::vector<VariablePtr> Layer::weights() const {
  std::vector<VariablePtr> all;
  for (const auto& weight : own_weights_) all.push_back(weight.variable);
  for (const auto& layer : sublayers())
    for (auto& variable : layer->weights()) all.push_back(std::move(variable));
  return all;
}

std::vector<VariablePtr> Layer::trainable_weights() const {
  std::vector<VariablePtr> found;
  for (auto& variable : weights())
    if (variable->trainable()) found.push_back(std::move(variable));
  return found;
}

int64_t Layer::count_params() const {
  if (!built())
    fail(where(), "has no weights to count yet; call it on data, or give it an input_shape first");
  int64_t count = 0;
  for (const auto& variable : weights()) count += variable->shape().elements();
  return count;
}

std::vector<Value> Layer::regularization_losses() const {
  std::vector<Value> losses;
  for (const auto& weight : own_weights_)
    if (weight.regularizer && weight.variable->trainable())
      losses.push_back((*weight.regularizer)(weight.variable->read()));
  for (const auto& layer : sublayers())
    for (auto& loss : layer->regularization_losses()) losses.push_back(std::move(loss));
  return losses;
}

std::shared_ptr<const LayerCall> layer_call_of(const Value& value) {
  const auto* op = dynamic_cast<const LayerOutputOp*>(value.node()->op.get());
  return op ? op->call() : nullptr;
}

Value unmarked(Value value) {
  while (layer_call_of(value)) {
    Value inside = value.node()->inputs[0];  // which the node owns
    value = std::move(inside);
  }
  return value;
}

std::shared_ptr<Layer> Layer::from_function(const LayerHandle& layer) { return layer.pointer(); }

Tensor LayerHandle::operator()(const Tensor& input) const {
  const Value output = unmarked((*this)(Value(input)));
  const Tensor* known = constant_of(output);  // text is looked up at once
  return known ? known->clone() : evaluate(output);
}

}  // namespace tutti
