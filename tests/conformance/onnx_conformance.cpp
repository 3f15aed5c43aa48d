#include "tests/conformance/onnx_conformance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/error.h"
#include "core/graph/host_op.h"
#include "core/layers/input_layer.h"
#include "core/model/model.h"
#include "io/formats/safetensors.h"
#include "io/onnx/export_onnx.h"
#include "io/onnx/import_onnx.h"
#include "tests/conformance/graph_runner.h"

namespace tutti::test {
namespace {

void leave_for_onnx_runtime(Model& model, const std::vector<Tensor>& inputs,
                            const std::vector<Tensor>& outputs) {
  const char* folder = std::getenv("TUTTI_ONNX_FOLDER");
  if (!folder) return;
  static int number = 0;
  const std::string path =
      fmt::format("{}/{:03}_{}", folder, number++, model.layers().back()->class_name());
  export_onnx(model, path + ".onnx");
  Safetensors file;
  for (size_t i = 0; i < inputs.size(); ++i)
    file.tensors.emplace_back(fmt::format("input {}", i), inputs[i]);
  for (size_t i = 0; i < outputs.size(); ++i)
    file.tensors.emplace_back(fmt::format("output {}", i), outputs[i]);
  write_safetensors(path + ".safetensors", file);
}

}  // namespace

namespace {

// Whether a host computes any of it: text, or what is looked up by hashes.
bool on_the_host(const std::vector<Value>& outputs) {
  return std::ranges::any_of(topological_order(outputs), [](const auto& node) {
    return dynamic_cast<const HostOp*>(node->op.get()) != nullptr;
  });
}

}  // namespace

void expect_travels_by_onnx(Layer& layer, const std::vector<Tensor>& inputs) {
  std::vector<Value> given;
  for (size_t i = 0; i < inputs.size(); ++i)
    given.push_back(Input(inputs[i].shape().tail(), fmt::format("x{}", i), inputs[i].dtype()));
  Model model(given, layer.apply(given));
  if (on_the_host(model.outputs())) {
    const std::string message = error_of([&] { onnx_bytes(model); });
    EXPECT_TRUE(message.starts_with("[" + layer.name())) << message;
    EXPECT_NE(message.find("has no form in ONNX"), std::string::npos) << message;
    return;
  }
  const auto outputs = run_traced(inputs, [&](const auto& in) { return model.apply(in); });
  leave_for_onnx_runtime(model, inputs, outputs);
  const std::string bytes = onnx_bytes(model);
  std::shared_ptr<Model> back;
  try {
    back = parse_onnx(bytes, "exported");
  } catch (const Error& error) {  // what reads all rows at once runs elsewhere, and does not return
    EXPECT_NE(std::string(error.what()).find("reduces the rows"), std::string::npos)
        << error.what();
    return;
  }
  const auto again = run_traced(inputs, [&](const auto& in) { return back->apply(in); });
  ASSERT_EQ(again.size(), outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) expect_close(again[i], outputs[i], 1e-5, 1e-5);
}

}  // namespace tutti::test
