#include "io/onnx/import/importer.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/executable.h"
#include "core/layers/input_layer.h"
#include "io/onnx/wire.h"

namespace tutti::onnx {

void Importer::check_whole() {
  if (proto_.functions_size() > 0)
    fail(ExitCode::data, where_, "has functions of its own, which are not read; export it without");
  if (graph_.sparse_initializer_size() > 0)
    fail(ExitCode::data, where_, "has sparse weights, which are not read; export dense ones");
  for (const auto& import : proto_.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") opset_ = import.version();
  if (opset_ < 7 || opset_ > 25)
    fail(ExitCode::data, where_,
         "is of opset {}; those of 7 to 25 are read, export it with opset {}", opset_, kOpset);
  if (graph_.node_size() > kNodes)
    fail(ExitCode::data, where_, "has {} nodes, at most {} are read; export a smaller model",
         graph_.node_size(), kNodes);
}

void Importer::check_operators() {
  std::set<std::string> unknown;
  for (const auto& node : graph_.node()) {
    if (!node.domain().empty() && node.domain() != "ai.onnx")
      unknown.insert(node.domain() + "." + node.op_type());
    else if (!operator_reader(node.op_type()) && !layer_reader(node.op_type()))
      unknown.insert(node.op_type());
  }
  if (!unknown.empty())
    fail(ExitCode::missing, where_, "needs {}, which {} not known; the operators that are: {}",
         fmt::join(unknown, ", "), unknown.size() == 1 ? "is" : "are",
         fmt::join(known_operators(), ", "));
}

void Importer::take_initializers() {
  for (const auto& tensor : graph_.initializer()) {
    if (tensor.data_location() == TensorProto::EXTERNAL || tensor.external_data_size() > 0)
      tensor_of(tensor, where_);  // says why not
    if (tensor.name().empty() || !initializers_.emplace(tensor.name(), &tensor).second)
      fail(ExitCode::data, where_,
           "has two initializers named '{}', or one without a name; export it again",
           tensor.name());
  }
}

void Importer::make_inputs() {
  for (const auto& output : graph_.output()) wanted_.insert(output.name());
  for (const auto& input : graph_.input()) {
    if (initializers_.contains(input.name())) continue;  // as files before IR 4 list them
    const auto& type = input.type().tensor_type();
    const std::string& name = input.name();
    if (!input.type().has_tensor_type() || type.shape().dim_size() == 0 ||
        type.shape().dim_size() > 8)
      fail(ExitCode::data, where_,
           "input '{}' is no tensor with rows and at most 7 more axes; export it with a shape",
           name);
    std::vector<int64_t> dims;
    double elements = 1;
    for (int i = 1; i < type.shape().dim_size(); ++i) {
      dims.push_back(type.shape().dim(i).dim_value());
      elements *= static_cast<double>(dims.back());
      if (dims.back() < 1 || elements > static_cast<double>(kRowElements))
        fail(ExitCode::data, where_,
             "input '{}' has an open or impossible extent as axis {}; only the rows, axis 0, may "
             "be open",
             name, i);
    }
    const auto& rows = type.shape().dim(0);
    if (inputs_.empty() && rows.has_dim_value()) declared_rows_ = rows.dim_value();
    if (name.empty() || given_.contains(name))
      fail(ExitCode::data, where_,
           "has two inputs named '{}', or one without a name; export it again", name);
    inputs_.push_back(Input(Shape(std::move(dims)), fresh(name),
                            dtype_of_element(type.elem_type(), where_, name)));
    given_[name] = {Meaning(inputs_.back()), nullptr};
  }
  if (inputs_.empty()) fail(ExitCode::data, where_, "has no inputs; a model has one or more");
}

// No two layers have one name, and none has a '/'.
std::string Importer::fresh(std::string name) {
  name.erase(0, name.find_first_not_of('/'));  // as PyTorch's begin
  std::ranges::replace(name, '/', '.');
  if (name.empty()) name = "node";
  std::string unique = name;
  while (!names_.insert(unique).second) unique = fmt::format("{}_{}", name, ++repeats_[name]);
  return unique;
}

// That of the output which it makes, as the model's outputs are called so.
std::string Importer::layer_name(const NodeProto& node) {
  for (const auto& output : node.output())
    if (wanted_.contains(output)) return fresh(output);
  return fresh(node.name().empty() ? node.op_type() : node.name());
}

Importer::Given Importer::given(const std::string& name, OnnxOperatorLayer* owner) {
  if (const auto found = given_.find(name); found != given_.end()) {
    Given result = found->second;
    if (result.variable) result.meaning.value = result.variable->read();
    return result;
  }
  const auto waiting = initializers_.find(name);
  if (waiting == initializers_.end())
    fail(ExitCode::data, where_,
         "a node reads '{}', which nothing before it makes: a circle, or nodes out of order; "
         "export it again",
         name);
  const Tensor tensor = tensor_of(*waiting->second, where_);
  Given result;
  if (owner && is_floating(tensor.dtype()) && tensor.shape().rank() > 0) {
    const size_t slash = name.rfind('/');
    result.variable =
        owner->adopt(slash == std::string::npos ? name : name.substr(slash + 1), tensor);
    result.meaning.value = result.variable->read();
  } else {
    result.meaning.value = Value(tensor);
  }
  return given_[name] = result;
}

std::vector<Importer::Given> Importer::inputs_of(const NodeProto& node, OnnxOperatorLayer* owner) {
  std::vector<Given> inputs;
  for (const auto& name : node.input())
    inputs.push_back(name.empty() ? Given() : given(name, owner));
  return inputs;
}

Operator Importer::operator_of(const NodeProto& node, std::vector<Meaning> inputs) {
  return Operator(node, std::move(inputs), {opset_, declared_rows_, where_}, &left_);
}

void Importer::check_size(const NodeProto& node, const Value& value) const {
  const auto& dims = value.shape().dims();
  double elements = 1;
  for (const int64_t extent : dims) elements *= extent == kRows ? 1.0 : static_cast<double>(extent);
  if (elements > static_cast<double>(kRowElements) || dims.size() > 16)
    fail(ExitCode::data, where_,
         "node '{}' ({}) makes {}, more than 2^28 elements for a row or 16 axes; export a smaller "
         "model",
         node.name(), node.op_type(), to_string(value.shape()));
}

void Importer::define(const NodeProto& node, const std::vector<Meaning>& results) {
  for (int i = 0; i < node.output_size(); ++i) {
    const std::string& name = node.output(i);
    if (name.empty()) continue;
    if (given_.contains(name) || initializers_.contains(name))
      fail(ExitCode::data, where_, "'{}' is made twice; export it again", name);
    given_[name] = {results.at(static_cast<size_t>(i)), nullptr};
  }
}

namespace {

bool is_small(const Value& value) {
  return value.kind() == ValueKind::same && value.shape().elements() <= kFolded;
}

Meaning folded(const Meaning& result) {
  if (constant_of(result.value) || !is_small(result.value)) return result;
  Meaning known = result;
  known.value = Value(evaluate(result.value));
  return known;
}

}  // namespace

// The same again inside a layer's call, on the inputs and weights of that call.
std::vector<Meaning> Importer::as_layer(const NodeProto& node, std::vector<Given> inputs,
                                        std::vector<Meaning> results,
                                        const std::shared_ptr<OnnxOperatorLayer>& layer) {
  std::vector<Value> computed;
  std::vector<size_t> places;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value value = inputs[i].meaning.value;
    if (!value.defined() || inputs[i].variable || constant_of(value)) continue;
    computed.push_back(value);
    places.push_back(i);
    inputs[i].meaning.value = {};  // of this graph: a call has its own
  }
  const auto* reader = operator_reader(node.op_type());
  const auto kept = std::make_shared<NodeProto>(node);
  layer->set_compute([=, file = FileFacts{opset_, declared_rows_, where_},
                      count = results.size()](const std::vector<Value>& now) {
    std::vector<Meaning> meanings;
    for (const Given& input : inputs) {
      meanings.push_back(input.meaning);
      if (input.variable) meanings.back().value = input.variable->read();
    }
    for (size_t i = 0; i < places.size(); ++i) meanings[places[i]].value = now.at(i);
    std::vector<Value> values;
    for (auto& made : (*reader)(Operator(*kept, std::move(meanings), file)))
      values.push_back(made.value);
    values.resize(count);
    return values;
  });
  const auto outputs = layer->apply(computed);
  for (size_t i = 0; i < results.size(); ++i) results[i].value = outputs.at(i);
  return results;
}

void Importer::read_node(const NodeProto& node) {
  if (const auto* make = layer_reader(node.op_type())) {
    const auto inputs = inputs_of(node, nullptr);
    std::vector<Meaning> meanings;
    for (const auto& input : inputs) meanings.push_back(input.meaning);
    const Operator op = operator_of(node, std::move(meanings));
    if (node.output_size() != 1)
      op.refuse("gives {} outputs; one is read, export the model for inference",
                node.output_size());
    const auto layer = (*make)(op);
    layer->set_name(layer_name(node));
    return define(node, {Meaning(layer->apply({op.value(0)}).at(0))});
  }
  const auto layer = std::make_shared<OnnxOperatorLayer>();
  layer->set_name(layer_name(node));
  const auto inputs = inputs_of(node, layer.get());
  std::vector<Meaning> meanings;
  bool known = true;
  for (const auto& input : inputs) {
    meanings.push_back(input.meaning);
    known = known && (!input.meaning.value.defined() || constant_of(input.meaning.value));
  }
  const bool small = std::ranges::all_of(meanings, [](const Meaning& input) {
    return !input.value.defined() || is_small(input.value);
  });
  auto results = (*operator_reader(node.op_type()))(operator_of(node, meanings));
  if (results.size() < static_cast<size_t>(node.output_size()))
    fail(ExitCode::data, where_, "node '{}' ({}) gives {} outputs, {} are named; export it again",
         node.name(), node.op_type(), results.size(), node.output_size());
  results.resize(static_cast<size_t>(node.output_size()));
  for (const auto& result : results) check_size(node, result.value);
  known = known || std::ranges::all_of(results, [](const Meaning& result) {
            return constant_of(result.value) != nullptr;  // the shape of what is computed
          });
  if (!known) return define(node, as_layer(node, inputs, std::move(results), layer));
  for (auto& result : results)
    if (small) result = folded(result);
  define(node, results);
}

std::shared_ptr<Model> Importer::model() {
  check_whole();
  check_operators();
  take_initializers();
  make_inputs();
  for (const auto& node : graph_.node()) {
    try {
      read_node(node);
    } catch (const std::exception& error) {
      const std::string message = error.what();
      if (message.starts_with("[" + where_ + "]")) throw;
      fail(ExitCode::data, where_, "node '{}' ({}) cannot be read: {}", node.name(), node.op_type(),
           message);
    }
  }
  std::vector<Value> outputs;
  for (const auto& output : graph_.output()) {
    const auto found = given_.find(output.name());
    if (found == given_.end() || found->second.meaning.value.kind() != ValueKind::row ||
        !found->second.meaning.order.empty())
      fail(ExitCode::data, where_,
           "output '{}' is made by no node, or its axis 0 is not the rows; export it with rows "
           "first",
           output.name());
    outputs.push_back(found->second.meaning.value);
  }
  if (outputs.empty()) fail(ExitCode::data, where_, "has no outputs; a model has one or more");
  std::string name = graph_.name();
  std::ranges::replace(name, '/', '.');
  return std::make_shared<Model>(inputs_, outputs, name);
}

}  // namespace tutti::onnx
