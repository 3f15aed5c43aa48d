#include "core/graph/elementwise.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"

namespace tutti {
namespace {

std::map<std::string, ElementwiseInfo>& elementwise_table() {
  static std::map<std::string, ElementwiseInfo> table;
  return table;
}

void check_types(const ElementwiseInfo& info, DType dtype) {
  const bool floating = is_floating(dtype), boolean = dtype == DType::bool_;
  switch (info.types) {
    case ElementwiseTypes::any:
      return;
    case ElementwiseTypes::boolean:
      if (!boolean) fail(info.name, "takes bool, got {}; compare first", name_of(dtype));
      return;
    case ElementwiseTypes::numeric:
      if (boolean) fail(info.name, "takes numbers, got bool; cast() the arguments first");
      return;
    case ElementwiseTypes::floating:
      if (!floating)
        fail(info.name, "takes floating values, got {}; cast() the arguments to float32 first",
             name_of(dtype));
  }
}

ValueKind joint_kind(const ElementwiseInfo& info, std::span<const ValueType> inputs) {
  const auto any = [&](ValueKind kind) {
    return std::ranges::any_of(inputs, [&](const ValueType& type) { return type.kind == kind; });
  };
  if (any(ValueKind::row) && any(ValueKind::share))
    fail(info.name, "a value of rows meets a share of the parameters; reduce the rows first");
  for (const ValueKind kind : {ValueKind::row, ValueKind::share, ValueKind::partial})
    if (any(kind)) return kind;
  return ValueKind::same;
}

// Rows must stay axis 0 for all who have them.
void check_rows(const ElementwiseInfo& info, std::span<const ValueType> inputs) {
  const auto longest =
      std::ranges::max_element(inputs, {}, [](const ValueType& type) { return type.shape.rank(); });
  for (const ValueType& input : inputs)
    if (input.shape.has_rows() && input.shape.rank() != longest->shape.rank())
      fail(info.name, "broadcasting {} with {} would move the rows from axis 0; reshape it first",
           to_string(input.shape), to_string(longest->shape));
}

// The bare number of a constant that takes the dtype of what it meets.
std::optional<double> bare_number(const Value& value) {
  const auto* constant = dynamic_cast<const ConstantOp*>(value.node()->op.get());
  if (!constant || !constant->weak()) return std::nullopt;
  return constant->number();
}

DType common_dtype(const ElementwiseInfo& info, std::span<const Value> arguments) {
  std::optional<DType> dtype;
  bool fraction = false, number = false;
  for (const Value& argument : arguments) {
    const auto bare = bare_number(argument);
    if (bare) {
      number = true;
      fraction = fraction || *bare != std::trunc(*bare);
    } else {
      dtype = dtype ? promote(*dtype, argument.dtype()) : argument.dtype();
    }
  }
  if (info.types == ElementwiseTypes::boolean) return DType::bool_;
  if (!dtype) return DType::f32;
  // 0.5 has no place among integers, nor any number among booleans.
  if (!is_floating(*dtype) && fraction) return DType::f32;
  if (*dtype == DType::bool_ && number) return DType::f32;
  return *dtype;
}

Value with_dtype(const Value& value, DType dtype) {
  if (const auto number = bare_number(value)) return Value(Tensor::full({}, *number, dtype));
  return cast(value, dtype);
}

}  // namespace

void register_elementwise(ElementwiseInfo info) {
  const std::string name = info.name;
  if (!elementwise_table().emplace(name, std::move(info)).second)
    fail(ExitCode::internal, name, "two elementwise ops have this name; rename one");
}

const ElementwiseInfo& elementwise_info(const std::string& name) {
  const auto found = elementwise_table().find(name);
  if (found != elementwise_table().end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [other, info] : elementwise_table()) known.push_back(other);
  fail(name, "there is no such elementwise op{}", did_you_mean(name, known));
}

std::vector<const ElementwiseInfo*> elementwise_ops() {
  std::vector<const ElementwiseInfo*> all;
  for (const auto& [name, info] : elementwise_table()) all.push_back(&info);
  return all;
}

const ElementwiseInfo& cast_info() {
  static const ElementwiseInfo info = {
      .name = "cast", .types = ElementwiseTypes::any, .gradient = nullptr};
  return info;
}

std::vector<ValueType> ElementwiseOp::infer(std::span<const ValueType> inputs) const {
  if (inputs.size() != static_cast<size_t>(info_->arity))
    fail(info_->name, "takes {} arguments, got {}", info_->arity, inputs.size());
  const bool masked = info_->arity == 3;
  if (masked && inputs[0].dtype != DType::bool_)
    fail(info_->name, "the mask must be bool, got {}; compare first", name_of(inputs[0].dtype));
  const DType dtype = inputs.back().dtype;
  for (const ValueType& input : inputs.subspan(masked ? 1 : 0))
    if (input.dtype != dtype)
      fail(info_->name, "got {} and {}; cast() one of them", name_of(input.dtype), name_of(dtype));
  check_types(*info_, dtype);
  check_rows(*info_, inputs);
  Shape shape = inputs[0].shape;
  for (const ValueType& input : inputs.subspan(1))
    shape = broadcast(shape, input.shape, info_->name);
  return {{info_->boolean_result ? DType::bool_ : dtype, shape, joint_kind(*info_, inputs)}};
}

std::vector<Value> ElementwiseOp::gradient(const std::shared_ptr<Node>& node,
                                           std::span<const Value> output_gradients) const {
  if (!info_->gradient || !output_gradients[0].defined())
    return std::vector<Value>(node->inputs.size());
  auto gradients = info_->gradient(node->inputs, Value(node), output_gradients[0]);
  for (size_t i = 0; i < gradients.size(); ++i) {
    const ValueType& type = node->inputs[i].type();
    if (!is_floating(type.dtype)) gradients[i] = Value();
    if (gradients[i].defined()) gradients[i] = unbroadcast(gradients[i], type);
  }
  return gradients;
}

bool ElementwiseOp::linear_in(size_t input, std::span<const ValueType> inputs) const {
  return info_->linear && is_floating(inputs[input].dtype);
}

Value elementwise(const char* name, std::vector<Value> arguments) {
  const ElementwiseInfo& info = elementwise_info(name);
  if (arguments.size() != static_cast<size_t>(info.arity))
    fail(name, "takes {} arguments, got {}", info.arity, arguments.size());
  size_t first = 0;
  if (info.arity == 3) arguments[first++] = with_dtype(arguments[0], DType::bool_);
  const DType dtype = common_dtype(info, std::span(arguments).subspan(first));
  for (size_t i = first; i < arguments.size(); ++i) arguments[i] = with_dtype(arguments[i], dtype);
  return make_node(std::make_shared<ElementwiseOp>(info), std::move(arguments));
}

}  // namespace tutti
