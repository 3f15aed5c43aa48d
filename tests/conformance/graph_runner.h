// What the tests of layers, losses, metrics and optimizers share: goldens, and running a traced
// function on tensors.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/executable.h"
#include "core/graph/trace.h"

namespace tutti::test {

using Json = nlohmann::json;

inline Json golden(const std::string& name) {
  const std::string path = TUTTI_SOURCE_DIR "/tests/peers/goldens/" + name + ".json";
  std::ifstream in(path);
  if (!in)
    throw std::runtime_error("no golden " + path + "; run tests/peers/goldens/make_goldens.py");
  return Json::parse(in);
}

inline Config config_of(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    Config::List list;
    for (const auto& item : json) list.push_back(config_of(item));
    return list;
  }
  Config::Map map;
  for (const auto& [key, value] : json.items()) map.emplace_back(key, config_of(value));
  return map;
}

// {name: {arguments}}
inline Config call_of(const std::string& name, const Json& arguments) {
  return Config(Config::Map{{name, config_of(arguments)}});
}

// Nested lists of numbers; integers make an int64 tensor.
inline Tensor tensor_of(const Json& json) {
  std::vector<int64_t> dims;
  std::vector<double> values;
  bool integers = true;
  const std::function<void(const Json&, size_t)> read = [&](const Json& item, size_t depth) {
    if (!item.is_array()) {
      integers = integers && item.is_number_integer();
      return values.push_back(item.get<double>());
    }
    if (dims.size() == depth) dims.push_back(static_cast<int64_t>(item.size()));
    for (const auto& child : item) read(child, depth + 1);
  };
  read(json, 0);
  return Tensor::from(values, Shape(dims)).to(integers ? DType::i64 : DType::f32);
}

// (n, 1) of float32.
inline Tensor column(std::vector<double> values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size()), 1}).to(DType::f32);
}

struct RunOptions {
  bool training = false;
  int64_t shards = 1;
};

// A function of row values as an Executable, for tensors whose axis 0 is the rows of one batch.
// What the function assigns is done as well.
using TracedFunction = std::function<std::vector<Value>(const std::vector<Value>&)>;
class TracedRun {
 public:
  TracedRun(const std::vector<Tensor>& like, const TracedFunction& function, RunOptions options) {
    Trace trace;
    Graph graph;
    int64_t rows = 1;
    for (const auto& tensor : like) {
      std::vector<int64_t> dims = tensor.shape().dims();
      rows = dims.at(0);
      dims[0] = kRows;
      graph.inputs.push_back(make_input("x", Shape(dims), tensor.dtype()));
    }
    graph.outputs = function(graph.inputs);
    for (auto& output : graph.outputs) output = sum_rows(output);
    graph.effects = trace.effects();
    outputs_ = graph.outputs.size();
    ExecutableOptions execution;
    execution.layout = {rows, options.shards, 0, 1};
    execution.training = options.training;
    executable_ = std::make_unique<Executable>(graph, execution);
  }

  std::vector<Tensor> operator()(const std::vector<Tensor>& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) executable_->input(i).copy_from(inputs[i]);
    StepContext step;
    step.seed = 1;
    executable_->run(step);
    std::vector<Tensor> outputs;
    for (size_t i = 0; i < outputs_; ++i) outputs.push_back(executable_->output(i).clone());
    return outputs;
  }

 private:
  std::unique_ptr<Executable> executable_;
  size_t outputs_ = 0;
};

inline std::vector<Tensor> run_traced(const std::vector<Tensor>& inputs,
                                      const TracedFunction& function, RunOptions options = {}) {
  return TracedRun(inputs, function, options)(inputs);
}
inline Tensor run_one(const std::vector<Tensor>& inputs,
                      const std::function<Value(const std::vector<Value>&)>& function,
                      RunOptions options = {}) {
  return run_traced(
      inputs, [&](const auto& values) { return std::vector<Value>{function(values)}; }, options)[0];
}

// Every element within `relative` of the golden's, or `absolute` where that is larger.
inline void expect_close(const Tensor& got, const Tensor& want, double relative = 1e-5,
                         double absolute = 1e-6) {
  ASSERT_EQ(got.shape(), want.shape());
  const auto a = got.to_vector<double>(), b = want.to_vector<double>();
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], std::max(absolute, relative * std::abs(b[i]))) << "element " << i;
}
inline void expect_close(const Tensor& got, const Json& want, double relative = 1e-5,
                         double absolute = 1e-6) {
  expect_close(got, tensor_of(want), relative, absolute);
}

// The message of the error that a call throws; "" if it throws none.
template <typename Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

// Numbers without zeros and ties, a pure function of the index: -2 to 2.
inline Tensor sample_tensor(const Shape& shape, DType dtype = DType::f64, int salt = 0) {
  std::vector<double> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = 2.0 * std::sin(1.7 * static_cast<double>(i) + 0.9 * salt + 0.4);
  return Tensor::from(values, shape).to(dtype);
}

}  // namespace tutti::test
