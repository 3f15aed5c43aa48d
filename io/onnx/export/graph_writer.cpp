#include "io/onnx/export/graph_writer.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/ops/transpose.h"
#include "io/onnx/wire.h"

namespace tutti::onnx {
namespace {

void set_attribute(AttributeProto& proto, const Attribute& value) {
  if (const auto* i = std::get_if<int64_t>(&value)) {
    proto.set_type(AttributeProto::INT);
    proto.set_i(*i);
  } else if (const auto* f = std::get_if<float>(&value)) {
    proto.set_type(AttributeProto::FLOAT);
    proto.set_f(*f);
  } else if (const auto* s = std::get_if<std::string>(&value)) {
    proto.set_type(AttributeProto::STRING);
    proto.set_s(*s);
  } else if (const auto* ints = std::get_if<std::vector<int64_t>>(&value)) {
    proto.set_type(AttributeProto::INTS);
    proto.mutable_ints()->Assign(ints->begin(), ints->end());
  } else if (const auto* floats = std::get_if<std::vector<float>>(&value)) {
    proto.set_type(AttributeProto::FLOATS);
    proto.mutable_floats()->Assign(floats->begin(), floats->end());
  } else {
    proto.set_type(AttributeProto::STRINGS);
    for (const auto& text : std::get<std::vector<std::string>>(value)) proto.add_strings(text);
  }
}

void set_type(ValueInfoProto& info, const std::string& name, const ValueType& type) {
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(element_type(type.dtype));
  for (const int64_t extent : type.shape.dims()) {
    auto& dim = *tensor.mutable_shape()->add_dim();
    if (extent == kRows)
      dim.set_dim_param("batch");
    else
      dim.set_dim_value(extent);
  }
  tensor.mutable_shape();  // a number has a shape too
}

Order inverse_of(const Order& order) {
  Order inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    inverse[static_cast<size_t>(order[i])] = static_cast<int>(i);
  return inverse;
}

}  // namespace

std::string GraphWriter::unique(const std::string& wanted) {
  int& count = taken_[wanted];
  if (count++ == 0) return wanted;
  while (true) {
    const std::string name = fmt::format("{}_{}", wanted, count - 1);
    if (taken_.try_emplace(name, 1).second) return name;
    ++count;
  }
}

std::string GraphWriter::input(const std::string& name, const ValueType& type) {
  const std::string given = unique(name);
  set_type(*graph_.add_input(), given, type);
  return given;
}

Names GraphWriter::nodes(const std::string& op, const Names& inputs, const Attributes& attributes,
                         int outputs) {
  NodeProto& node = *graph_.add_node();
  node.set_op_type(op);
  node.set_name(unique(scope_.empty() ? op : scope_ + "/" + op));
  for (const auto& input : inputs) node.add_input(input);
  while (node.input_size() > 0 && node.input(node.input_size() - 1).empty())
    node.mutable_input()->RemoveLast();
  Names names;
  for (int i = 0; i < outputs; ++i) names.push_back(unique(fmt::format("{}:{}", node.name(), i)));
  for (const auto& name : names) node.add_output(name);
  for (const auto& [name, value] : attributes) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(name);
    set_attribute(attribute, value);
  }
  return names;
}

std::string GraphWriter::node(const std::string& op, const Names& inputs,
                              const Attributes& attributes) {
  return nodes(op, inputs, attributes, 1)[0];
}

std::string GraphWriter::initializer(const std::string& name, const Tensor& tensor) {
  const std::string given = unique(name);
  *graph_.add_initializer() = tensor_proto(given, tensor);
  constants_[given] = tensor;
  return given;
}

std::string GraphWriter::weight(const Variable& variable, const std::string& form,
                                const Reform& reform) {
  std::string& name = weights_[{&variable, form}];
  if (name.empty()) {
    const Tensor host = variable.value().to_host();
    name = initializer(variable.name(), reform ? reform(host) : host);
  }
  return name;
}

std::string GraphWriter::constant(const Tensor& tensor) {
  const Tensor host = tensor.to_host();
  const bool number = host.shape().rank() == 0;
  std::string elements(reinterpret_cast<const char*>(host.raw()), host.bytes());
  std::string& name =
      known_[{std::string(name_of(host.dtype())) + to_string(host.shape()), std::move(elements)}];
  if (!name.empty()) return name;
  if (number || host.dtype() == DType::i64) return name = initializer("constant", host);
  NodeProto& node = *graph_.add_node();
  node.set_op_type("Constant");
  node.set_name(unique(scope_.empty() ? "Constant" : scope_ + "/Constant"));
  node.add_output(name = unique(node.name() + ":0"));
  auto& value = *node.add_attribute();
  value.set_name("value");
  value.set_type(AttributeProto::TENSOR);
  *value.mutable_t() = tensor_proto("", host);
  constants_[name] = host;
  return name;
}

std::string GraphWriter::integers(const std::vector<int64_t>& values) {
  return constant(Tensor::from(values, {static_cast<int64_t>(values.size())}));
}

std::string GraphWriter::transpose(const std::string& x, Order order) {
  if (const auto before = transposed_.find(x); before != transposed_.end()) {
    for (int& axis : order) axis = before->second.order[static_cast<size_t>(axis)];
    const std::string source = before->second.source;
    return transpose(source, std::move(order));
  }
  if (std::is_sorted(order.begin(), order.end())) return x;
  const std::string y =
      node("Transpose", {x}, {{"perm", std::vector<int64_t>(order.begin(), order.end())}});
  transposed_[y] = {x, std::move(order)};
  return y;
}

// A constant input as it stands before the transposition.
bool GraphWriter::aligned(const std::string& name, size_t rank, const Order& order,
                          std::string& result) {
  result = name;
  const auto found = constants_.find(name);
  if (name.empty() || found == constants_.end()) return name.empty();
  const Tensor tensor = found->second;
  if (tensor.elements() == 1 && tensor.shape().rank() <= 1) return true;
  std::vector<int64_t> dims = tensor.shape().dims();
  if (dims.size() > rank) return false;
  dims.insert(dims.begin(), rank - dims.size(), 1);
  const Tensor moved = tutti::transpose(tensor.reshape(Shape(std::move(dims))), inverse_of(order));
  const bool is_weight =
      std::ranges::any_of(weights_, [&](const auto& weight) { return weight.second == name; });
  result = is_weight ? initializer(name, moved) : constant(moved);
  return true;
}

std::string GraphWriter::in_any_order(const Names& inputs, size_t rank, const Make& make) {
  const Order* order = nullptr;
  for (const auto& input : inputs)
    if (const auto at = transposed_.find(input); at != transposed_.end() && !order)
      order = &at->second.order;
  if (!order || order->size() != rank) return make(inputs, {});
  const Order common = *order;
  Names sources;
  for (const auto& input : inputs) {
    const auto at = transposed_.find(input);
    std::string source;
    if (at != transposed_.end() && at->second.order == common)
      source = at->second.source;
    else if (at != transposed_.end() || !aligned(input, rank, common, source))
      return make(inputs, {});
    sources.push_back(std::move(source));
  }
  const std::string made = make(sources, common);
  return transpose(made, common);
}

std::string GraphWriter::pointwise(const std::string& op, const Names& inputs, size_t rank,
                                   const Attributes& attributes) {
  return in_any_order(inputs, rank,
                      [&](const Names& in, const Order&) { return node(op, in, attributes); });
}

std::string GraphWriter::rows() {
  if (!rows_.empty()) return rows_;
  for (const auto& input : graph_.input()) {
    const auto& shape = input.type().tensor_type().shape();
    if (shape.dim_size() == 0 || !shape.dim(0).has_dim_param()) continue;
    return rows_ = node("Shape", {input.name()}, {{"start", int64_t{0}}, {"end", int64_t{1}}});
  }
  fail("onnx", "the model has no input with rows, whose number an operator asks for; give it one");
}

void GraphWriter::output(const std::string& name, const std::string& wanted,
                         const ValueType& type) {
  const std::string given = unique(wanted);
  set_type(*graph_.add_output(), given, type);
  const auto makes = [&](const NodeProto& node) {
    return std::ranges::find(node.output(), name) != node.output().end();
  };
  if (std::ranges::any_of(graph_.node(), makes)) {
    for (auto& node : *graph_.mutable_node()) {
      std::ranges::replace(*node.mutable_input(), name, given);
      std::ranges::replace(*node.mutable_output(), name, given);
    }
    outputs_[name] = given;
    return;
  }
  set_scope(wanted);  // an input or a weight, or a value that is an output already
  const auto before = outputs_.find(name);
  node("Identity", {before == outputs_.end() ? name : before->second});
  graph_.mutable_node()->rbegin()->set_output(0, given);
}

GraphProto GraphWriter::finish(const std::string& name) {
  std::set<std::string> read;
  for (const auto& output : graph_.output()) read.insert(output.name());
  std::vector<NodeProto*> kept;
  for (int i = graph_.node_size() - 1; i >= 0; --i) {
    NodeProto& node = *graph_.mutable_node(i);
    if (std::ranges::none_of(node.output(),
                             [&](const auto& output) { return read.contains(output); }))
      continue;
    read.insert(node.input().begin(), node.input().end());
    kept.push_back(&node);
  }
  GraphProto result;
  result.set_name(name);
  result.mutable_input()->Swap(graph_.mutable_input());
  result.mutable_output()->Swap(graph_.mutable_output());
  for (auto node = kept.rbegin(); node != kept.rend(); ++node) result.add_node()->Swap(*node);
  for (auto& tensor : *graph_.mutable_initializer())
    if (read.contains(tensor.name())) result.add_initializer()->Swap(&tensor);
  return result;
}

}  // namespace tutti::onnx
