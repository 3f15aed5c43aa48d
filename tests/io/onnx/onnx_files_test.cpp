// ONNX files of other programs: read, they predict what ONNX Runtime does, and train.
#include <gmock/gmock.h>

#include <filesystem>

#include "io/formats/safetensors.h"
#include "io/onnx/import_onnx.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const std::filesystem::path kFiles = TUTTI_SOURCE_DIR "/tests/io/onnx";

TEST(OnnxFiles, PredictAsOnnxRuntimeDoes) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFiles)) {
    std::filesystem::path path = entry.path();
    if (path.extension() != ".onnx") continue;
    SCOPED_TRACE(path.filename().string());
    ++files;
    const auto model = import_onnx(path.string());
    std::vector<Tensor> inputs, wanted;
    for (const auto& [name, tensor] :
         read_safetensors(path.replace_extension(".safetensors")).tensors)
      (name.starts_with("input") ? inputs : wanted).push_back(tensor);
    const auto outputs = test::run_traced(inputs, [&](const auto& in) { return model->apply(in); });
    ASSERT_EQ(outputs.size(), wanted.size());
    for (size_t i = 0; i < outputs.size(); ++i)
      test::expect_close(outputs[i], wanted[i], 1e-5, 1e-5);
  }
  EXPECT_EQ(files, 12);
}

TEST(OnnxFiles, NamesAreTheFiles) {
  const auto model = import_onnx((kFiles / "mlp.onnx").string());
  EXPECT_EQ(model->input_names(), std::vector<std::string>{"input_0"});
  EXPECT_EQ(model->output_names(), std::vector<std::string>{"output"});
  EXPECT_EQ(model->weights().at(0)->name(), "1.Gemm/1.weight");
}

// Fine-tuning: all weights move, moving statistics included.
TEST(OnnxFiles, TrainOn) {
  const auto model = import_onnx((kFiles / "residual.onnx").string());
  const auto before = model->get_weights();
  model->compile({.optimizer = "adam", .loss = "mse"});
  const Tensor x = test::sample_tensor({8, 3, 8, 8}, DType::f32),
               y = test::sample_tensor({8, 3}, DType::f32, 1);
  const auto loss = [&] { return *model->train_on_batch(x, y).find("loss"); };
  const double first = loss();
  for (int i = 0; i < 60; ++i) loss();
  EXPECT_LT(loss(), 0.9 * first);
  const auto after = model->get_weights();
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_NE(before[i].to_vector<float>(), after[i].to_vector<float>());
}

}  // namespace
}  // namespace tutti
