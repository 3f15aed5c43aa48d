#include "core/layers/lambda.h"

#include <map>

#include "core/base/error.h"

namespace tutti {
namespace {

std::map<std::string, LambdaFunction>& registered() {
  static std::map<std::string, LambdaFunction> functions;
  return functions;
}

}  // namespace

void register_lambda(std::string name, LambdaFunction function) {
  function.name_ = name;
  if (!registered().emplace(name, std::move(function)).second)
    fail("register_lambda", "'{}' is taken; choose another name", name);
}

LambdaFunction::LambdaFunction(std::string name) {
  std::vector<std::string> names;
  for (const auto& [known, function] : registered()) names.push_back(known);
  const auto found = registered().find(name);
  if (found == registered().end())
    fail(
        "Lambda",
        "function '{}' is not of this program{}; enter a C++ function with register_lambda(\"{}\", "
        "...) before the model is read",
        name, did_you_mean(name, names), name);
  *this = found->second;
}

// Keras writes a function of a module as {class_name: function, config: name}, a Python lambda as
// {class_name: __lambda__, config: {code: ...}}.
void read_config(const Config& config, LambdaFunction& out) {
  const Config* kind = config.find("class_name");
  const Config* name = config.find("config");
  const Config& called = kind && name && name->is_string() ? *name : config;
  if (!called.is_string())
    fail(config.where_or("Lambda"),
         "a Lambda of Python code is never run; enter a C++ function with register_lambda and give "
         "its name");
  out = LambdaFunction(called.as_string());
}

Config write_config(const LambdaFunction& function) {
  if (!function) return Config();
  return Config(function.name().empty() ? "<function>" : function.name());
}

LambdaLayer::LambdaLayer(Options options) : options_(std::move(options)) {
  if (!options_.function) fail("Lambda", "got no function; give it one of values");
}

std::vector<Value> LambdaLayer::call(const std::vector<Value>& inputs) {
  if (options_.function.takes_one()) only(inputs);
  const Value y = options_.function(inputs);
  if (options_.output_shape && y.shape().tail() != *options_.output_shape)
    fail(where(), "gives {} where output_shape says {}; correct one of them", to_string(y.shape()),
         to_string(*options_.output_shape));
  return {y};
}

TUTTI_REGISTER(Layer, LambdaLayer, "Lambda", "a C++ function of values")
    .required("function", &LambdaOptions::function, "its name, where the program registered it")
    .argument("output_shape", &LambdaOptions::output_shape, "without rows; null: what it gives");

}  // namespace tutti
