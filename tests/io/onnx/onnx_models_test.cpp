// Whole models on their way through ONNX: what is exported, and that it comes back the same.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/layers/activation_layers.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/bidirectional.h"
#include "core/layers/borders.h"
#include "core/layers/convolution.h"
#include "core/layers/convolution_transpose.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/merging.h"
#include "core/layers/multi_head_attention.h"
#include "core/layers/pooling.h"
#include "core/layers/reshaping.h"
#include "core/layers/row_normalizations.h"
#include "core/model/model.h"
#include "core/model/model_file.h"
#include "core/ops/dropout.h"
#include "core/ops/elementwise.h"
#include "io/onnx/export_onnx.h"
#include "io/onnx/import_onnx.h"
#include "io/onnx/wire.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/onnx_conformance.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using test::error_of;
using testing::ElementsAre, testing::HasSubstr;

onnx::GraphProto exported(const Model& model) {
  return onnx::parse_model(onnx_bytes(model), "test").graph();
}

std::vector<std::string> operators_of(const onnx::GraphProto& graph) {
  std::vector<std::string> types;
  for (const auto& node : graph.node()) types.push_back(node.op_type());
  return types;
}

// Another number for every weight, so that none is 0 or 1 by chance; variances above 0.
void move_weights(Model& model) {
  int salt = 0;
  for (const auto& weight : model.weights()) {
    const Tensor moved = test::sample_tensor(weight->shape(), DType::f32, ++salt);
    const bool variance = weight->name().ends_with("variance");
    weight->set_value(variance ? abs(moved) + 0.5 : moved * 0.25);
  }
}

Tensor words_of(const Shape& shape) {
  std::vector<double> numbers(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i * 5 % 7);
  return Tensor::from(numbers, shape).to(DType::i64);
}

TEST(OnnxModels, ADenseNetIsGemms) {
  const Value flowers = Input({4}, "flowers");
  const Value x = Dropout(0.5)(Dense({.units = 8, .activation = "relu"}, "hidden")(flowers));
  Model model(flowers, Dense({.units = 3, .activation = "softmax"}, "classes")(x), "net");
  move_weights(model);
  const auto graph = exported(model);
  EXPECT_THAT(operators_of(graph), ElementsAre("Gemm", "Relu", "Gemm", "Softmax"));
  EXPECT_EQ(graph.name(), "net");
  EXPECT_EQ(graph.node(0).name(), "hidden/Gemm");
  EXPECT_EQ(graph.input(0).name(), "flowers");
  EXPECT_EQ(graph.input(0).type().tensor_type().shape().dim(0).dim_param(), "batch");
  EXPECT_EQ(graph.output(0).name(), "classes");
  EXPECT_EQ(graph.initializer(0).name(), "hidden/kernel");
  test::expect_travels_by_onnx(model, {test::sample_tensor({5, 4}, DType::f32)});
}

Value residual(const Value& x, int64_t filters, int64_t stride, const std::string& name) {
  const auto convolved = [&](const Value& in, int64_t size, int64_t step, const std::string& part) {
    return BatchNormalization({}, name + part + "_bn")(
        Conv2D({.filters = filters, .kernel_size = size, .strides = step, .padding = "same"},
               name + part)(in));
  };
  Value y = Activation("relu")(convolved(x, 3, stride, "_1"));
  y = convolved(y, 3, 1, "_2");
  const Value shortcut = stride == 1 ? x : convolved(x, 1, stride, "_0");
  return Activation("relu")(Add()({shortcut, y}));
}

// No transposition between the first convolution and what ends the image.
TEST(OnnxModels, AResidualNetStaysChannelsFirst) {
  const Value image = Input({8, 8, 3}, "image");
  Value x = Conv2D({.filters = 4, .kernel_size = 3, .activation = "relu"},
                   "stem")(ZeroPadding2D({.padding = 1})(image));
  x = MaxPooling2D({.pool_size = 3, .strides = Extents(2), .padding = "same"})(x);
  x = residual(residual(x, 4, 1, "a"), 6, 2, "b");
  Model model(image, Dense(2)(GlobalAveragePooling2D()(x)), "residual");
  move_weights(model);
  const auto types = operators_of(exported(model));
  EXPECT_EQ(std::ranges::count(types, "Transpose"), 1);
  EXPECT_EQ(std::ranges::count(types, "BatchNormalization"), 5);
  test::expect_travels_by_onnx(model, {test::sample_tensor({3, 8, 8, 3}, DType::f32)});
}

TEST(OnnxModels, RecurrentLayersAreOneOperator) {
  const Value letters = Input({4, 4}, "letters");
  const Value steps = LSTM({.units = 8, .return_sequences = true}, "steps")(letters);
  Model help(letters, Dense({.units = 4, .activation = "softmax"}, "next")(steps), "help");
  move_weights(help);
  const auto types = operators_of(exported(help));
  EXPECT_EQ(std::ranges::count(types, "LSTM"), 1);
  test::expect_travels_by_onnx(help, {test::sample_tensor({3, 4, 4}, DType::f32)});
  const Value x = Input({5, 3});
  Model both(x, Dense(2)(Bidirectional({.layer = LSTM({.units = 3})})(x)));
  move_weights(both);
  test::expect_travels_by_onnx(both, {test::sample_tensor({3, 5, 3}, DType::f32)});
}

// The mask of an embedding reaches the layers behind it: their steps are written out.
TEST(OnnxModels, MasksTravel) {
  const Value words = Input({6}, "words", DType::i64);
  const Value x = Embedding({.input_dim = 7, .output_dim = 3, .mask_zero = true})(words);
  Model model({words}, {LSTM(3)(x), GlobalAveragePooling1D()(x)}, "masked");
  move_weights(model);
  test::expect_travels_by_onnx(model, {words_of({4, 6})});
}

TEST(OnnxModels, ATransformerBlockTravels) {
  const Value words = Input({6}, "words", DType::i64);
  const Value x = Embedding({.input_dim = 7, .output_dim = 8})(words);
  const Value seen = MultiHeadAttention({.num_heads = 2, .key_dim = 4})({x, x});
  const Value y = LayerNormalization()(Add()({x, Dropout(0.1)(seen)}));
  const Value wide = Dense(8)(Dense({.units = 16, .activation = "gelu"})(y));
  Model model(
      words,
      Dense({.units = 7, .activation = "softmax"}, "next")(LayerNormalization()(Add()({y, wide}))),
      "block");
  move_weights(model);
  test::expect_travels_by_onnx(model, {words_of({3, 6})});
}

TEST(OnnxModels, SeveralInputsAndOutputsKeepTheirNames) {
  const Value image = Input({4, 4, 1}, "image"), age = Input({1}, "age");
  const Value x = Concatenate()({Flatten()(Conv2D({.filters = 2, .kernel_size = 2})(image)), age});
  Model inner(x, Dense({.units = 3, .activation = "relu"}, "shared")(x), "inner");
  Model model({image, age}, {Dense(2, "softmax")(inner(x)), Dense({.units = 1}, "share")(x), x},
              "two");
  move_weights(model);
  const auto graph = exported(model);
  EXPECT_EQ(graph.input(1).name(), "age");
  EXPECT_EQ(graph.output(1).name(), "share");
  test::expect_travels_by_onnx(model, {test::sample_tensor({3, 4, 4, 1}, DType::f32),
                                       test::sample_tensor({3, 1}, DType::f32, 1)});
}

class TwoLayers final : public Model {
 public:
  TwoLayers() { set_name("two_layers"); }

 protected:
  Value call(const Value& x) override { return out_(hidden_(x) * 2.0); }

 private:
  Dense hidden_{DenseOptions{.units = 4, .activation = "tanh"}, "hidden"},
      out_{DenseOptions{.units = 2}, "out"};
};

TEST(OnnxModels, ASubclassedModelIsWhatItsCallDoes) {
  TwoLayers model;
  const Tensor x = test::sample_tensor({3, 5}, DType::f32), y = model.predict(x);
  const auto graph = exported(model);
  EXPECT_THAT(operators_of(graph), ElementsAre("Gemm", "Tanh", "Mul", "Gemm"));
  EXPECT_EQ(graph.node(0).name(), "hidden/Gemm");
  test::expect_close(parse_onnx(onnx_bytes(model), "net")->predict(x), y);
  const DataFolder folder;
  model.save((folder / "net.onnx").string());  // which the formats that keep configs refuse
  test::expect_close(load_model((folder / "net.onnx").string())->predict(x), y);
}

// A layer that is called twice has its weights in the file once.
TEST(OnnxModels, TransposedConvolutionsAndSharedLayersTravel) {
  const Value image = Input({5, 4, 2}, "image");
  const Conv2D shared(
      {.filters = 2, .kernel_size = 3, .padding = "same", .activation = "leaky_relu"}, "shared");
  const Value up =
      Conv2DTranspose({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same"},
                      "up")(shared(shared(image)));
  Model model(image, up, "shared_twice");
  move_weights(model);
  const auto graph = exported(model);
  EXPECT_EQ(graph.initializer_size(), 4);
  test::expect_travels_by_onnx(model, {test::sample_tensor({2, 5, 4, 2}, DType::f32)});
}

// 50 convolutions and 25 million weights, as ResNet50 has.
TEST(OnnxModels, OneOfTheSizeOfResNet50) {
  if (!std::getenv("TUTTI_ONNX_FOLDER")) GTEST_SKIP() << "large: run by tests/run --full";
  const Value image = Input({64, 64, 3}, "image");
  Value x = Conv2D(
      {.filters = 64, .kernel_size = 7, .strides = 2, .padding = "same", .activation = "relu"})(
      image);
  int number = 0;
  for (const auto& [filters, blocks] :
       {std::pair<int64_t, int>{64, 3}, {128, 4}, {256, 6}, {512, 3}})
    for (int i = 0; i < blocks; ++i)
      x = residual(x, filters, i == 0 ? 2 : 1, fmt::format("block_{}", ++number));
  Model model(image, Dense(1000, "softmax")(GlobalAveragePooling2D()(x)), "deep");
  test::expect_travels_by_onnx(model, {test::sample_tensor({2, 64, 64, 3}, DType::f32)});
}

// Random where it does not train.
class AlwaysNoisyLayer final : public Layer {
 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override {
    return {dropout(only(inputs), 0.5)};
  }
};

TEST(OnnxModels, WhatOnnxCannotExpressIsNamed) {
  const Value x = Input({3});
  const auto noisy = std::make_shared<AlwaysNoisyLayer>();
  noisy->set_name("noisy");
  Model model(x, noisy->apply_for_one({x}));
  EXPECT_THAT(error_of([&] { onnx_bytes(model); }),
              HasSubstr("[noisy] op 'dropout' has no form in ONNX"));
}

TEST(OnnxModels, FilesAreFoundByTheirEnding) {
  const Value in = Input({3});
  Model model(in, Dense(2)(in));
  const std::string path = testing::TempDir() + "model.onnx";
  save_model(model, path);
  const auto again = load_model(path);
  const Tensor x = test::sample_tensor({4, 3}, DType::f32);
  test::expect_close(again->predict(x), model.predict(x));
  EXPECT_THAT(error_of([] { load_model("model.doc"); }), HasSubstr(".onnx"));
}

}  // namespace
}  // namespace tutti
