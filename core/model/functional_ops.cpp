#include "core/model/functional_ops.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "core/base/error.h"
#include "core/model/functional_config.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

using Unary = Value (*)(const Value&);
using Binary = Value (*)(const Value&, const Value&);
using Reducing = Value (*)(const Value&, std::vector<int>, bool);

// As Keras's classes are called.
const std::map<std::string, Unary>& unary_ops() {
  static const std::map<std::string, Unary> ops = {
      {"Absolute", abs},      {"Abs", abs},
      {"Ceil", ceil},         {"Cos", cos},
      {"Exp", exp},           {"Expm1", expm1},
      {"Floor", floor},       {"Log", log},
      {"Log1p", log1p},       {"LogicalNot", logical_not},
      {"Negative", neg},      {"Reciprocal", reciprocal},
      {"Relu", relu},         {"Rsqrt", rsqrt},
      {"Sigmoid", sigmoid},   {"Sign", sign},
      {"Silu", silu},         {"Sin", sin},
      {"Softplus", softplus}, {"Sqrt", sqrt},
      {"Square", square},     {"Tanh", tanh}};
  return ops;
}

const std::map<std::string, Binary>& binary_ops() {
  static const std::map<std::string, Binary> ops = {{"Add", add},
                                                    {"Subtract", sub},
                                                    {"Multiply", mul},
                                                    {"Divide", div},
                                                    {"TrueDivide", div},
                                                    {"Power", pow},
                                                    {"Maximum", maximum},
                                                    {"Minimum", minimum},
                                                    {"Equal", equal},
                                                    {"NotEqual", not_equal},
                                                    {"Greater", greater},
                                                    {"GreaterEqual", greater_equal},
                                                    {"Less", less},
                                                    {"LessEqual", less_equal},
                                                    {"LogicalAnd", logical_and},
                                                    {"LogicalOr", logical_or}};
  return ops;
}

Value any(const Value& value, std::vector<int> axes, bool keepdims) {
  return greater(reduce_max(cast(value, DType::f32), std::move(axes), keepdims), 0.0);
}

const std::map<std::string, Reducing>& reducing_ops() {
  static const std::map<std::string, Reducing> ops = {{"Any", any},
                                                      {"Max", reduce_max},
                                                      {"Mean", reduce_mean},
                                                      {"Min", reduce_min},
                                                      {"Sum", reduce_sum}};
  return ops;
}

Value reduced(const Config& item, Reducing reduce, const Value& value) {
  std::optional<std::vector<int>> axes;
  bool keepdims = false;
  if (const Config* config = item.find("config")) {
    if (const Config* axis = config->find("axis")) read_config(*axis, axes);
    if (const Config* keep = config->find("keepdims")) keepdims = keep->as_bool();
  }
  return reduce(value, axes.value_or(std::vector<int>{}), keepdims);
}

Value applied(const Config& item, const std::vector<Value>& values) {
  const std::string& kind = item.find("class_name")->as_string();
  if (const auto op = unary_ops().find(kind); op != unary_ops().end() && values.size() == 1)
    return op->second(values[0]);
  if (const auto op = binary_ops().find(kind); op != binary_ops().end() && values.size() == 2)
    return op->second(values[0], values[1]);
  if (const auto op = reducing_ops().find(kind); op != reducing_ops().end() && values.size() == 1)
    return reduced(item, op->second, values[0]);
  std::vector<std::string> known;
  for (const auto& [name, op] : unary_ops()) known.push_back(name);
  for (const auto& [name, op] : binary_ops()) known.push_back(name);
  for (const auto& [name, op] : reducing_ops()) known.push_back(name);
  fail(item.where_or("functional"),
       "the op '{}' on {} values is not known between layers; use layers, or one of {}", kind,
       values.size(), fmt::join(known, ", "));
}

}  // namespace

bool is_keras_op(const Config& item) {
  const Config* module = item.find("module");
  if (module && module->is_string()) return module->as_string().starts_with("keras.src.ops");
  const Config *config = item.find("config"), *kind = item.find("class_name");
  if (!config || !kind || config->find("trainable") || config->find("dtype")) return false;
  const std::string& name = kind->as_string();
  return unary_ops().contains(name) || binary_ops().contains(name) || reducing_ops().contains(name);
}

namespace {

// The dtype of two real tensors of one shape, "" for other arguments.
std::string common_dtype(const Config& call) {
  const Config *arguments = call.find("args"), *others = call.find("kwargs");
  const bool plain = !others || others->is_null() || (others->is_map() && others->as_map().empty());
  if (!plain || !arguments || !arguments->is_list() || arguments->as_list().size() != 2) return "";
  const Config* types[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    const Config& argument = arguments->as_list()[i];
    if (is_keras_tensor(argument)) types[i] = argument.find("config");
    if (!types[i] || !types[i]->find("shape") || !types[i]->find("dtype")) return "";
  }
  const Config& dtype = *types[0]->find("dtype");
  if (!(*types[0]->find("shape") == *types[1]->find("shape")) ||
      !(dtype == *types[1]->find("dtype")) || !dtype.is_string())
    return "";
  return dtype.as_string().find("float") == std::string::npos ? "" : dtype.as_string();
}

}  // namespace

std::optional<Config> layer_of_keras_op(const Config& item, const Config& calls) {
  const std::string& kind = item.find("class_name")->as_string();
  if (!binary_ops().contains(kind) || !find_kind(Layer::category, kind)) return std::nullopt;
  if (!calls.is_list() || calls.as_list().empty()) return std::nullopt;
  const std::string dtype = common_dtype(calls.as_list()[0]);
  for (const auto& call : calls.as_list())
    if (dtype.empty() || common_dtype(call) != dtype) return std::nullopt;
  Config arguments(Config::Map{{"name", *item.find("name")}});
  if (dtype != "float32") arguments.set("dtype", dtype);
  return Config(Config::Map{{kind, std::move(arguments)}});
}

std::optional<Value> call_keras_op(const Config& item, const Config& call,
                                   const std::function<std::optional<Value>(const Config&)>& find) {
  std::vector<Value> values;
  const Config* arguments = call.find("args");
  if (!arguments)
    fail(call.where_or("functional"), "lacks the arguments of an op; write the model again");
  std::vector<Config> items = arguments->as_list();
  if (const Config* others = call.find("kwargs"); others && others->is_map())
    for (const auto& [name, value] : others->as_map()) items.push_back(value);
  for (const auto& argument : items) {
    if (argument.is_null()) continue;
    if (argument.is_number()) {
      values.emplace_back(argument.as_double());
      continue;
    }
    if (!is_keras_tensor(argument))
      fail(argument.where_or("functional"), "an op takes {}, which is no layer's output",
           to_string(argument).substr(0, 60));
    const auto value = find(argument);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return applied(item, values);
}

}  // namespace tutti
