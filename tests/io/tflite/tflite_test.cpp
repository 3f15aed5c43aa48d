// LiteRT files: their operators and tensors, and what is refused.
#include "core/base/filesystem.h"
#include "core/layers/activation_layers.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/merging.h"
#include "core/layers/pooling.h"
#include "core/layers/reshaping.h"
#include "core/model/model_file.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"
#include "io/tflite/export_tflite.h"
#include "io/tflite/tflite_generated.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

namespace schema = tflite::schema;

std::unique_ptr<schema::ModelT> parsed(const std::string& bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  EXPECT_TRUE(schema::VerifyModelBuffer(verifier));
  EXPECT_EQ(bytes.substr(4, 4), "TFL3");
  return std::unique_ptr<schema::ModelT>(schema::GetModel(data)->UnPack());
}

std::string operators_of(const schema::ModelT& model) {
  std::string text;
  for (const auto& node : model.subgraphs[0]->operators)
    text +=
        (text.empty() ? "" : " ") + std::string(schema::EnumNameBuiltinOperator(
                                        model.operator_codes[node->opcode_index]->builtin_code));
  return text;
}

TEST(Tflite, HoldsALayersOperatorsAndNothingOfTraining) {
  const Value x = Input({9, 8, 3}, "image");
  Value h = BatchNormalization()(Conv2D(4, 3)(x));
  h = Add()({h, Dropout(0.5)(ReLU()(h))});
  h = Flatten()(MaxPooling2D(2)(h));
  const Model net(x, Dense(2, "softmax")(h), "net");
  const DataFolder folder;
  const std::string path = (folder / "net.tflite").string();
  net.save(path);
  const auto file = parsed(FileSystem::real().read(path));
  EXPECT_EQ(operators_of(*file),
            "CONV_2D MUL ADD RELU ADD MAX_POOL_2D RESHAPE FULLY_CONNECTED SOFTMAX");
  const auto& graph = *file->subgraphs[0];
  const auto& input = *graph.tensors[static_cast<size_t>(graph.inputs.at(0))];
  EXPECT_EQ(input.name, "image");
  EXPECT_THAT(input.shape, testing::ElementsAre(1, 9, 8, 3));
  EXPECT_THAT(input.shape_signature, testing::ElementsAre(-1, 9, 8, 3));
  const auto& output = *graph.tensors[static_cast<size_t>(graph.outputs.at(0))];
  EXPECT_THAT(output.shape_signature, testing::ElementsAre(-1, 2));
}

// The kernel as filters, height, width, channels.
TEST(Tflite, HasKernelsInLiteRTsOrder) {
  const Value x = Input({5, 5, 2});
  const auto conv = Conv2D({.filters = 3, .kernel_size = {2, 1}, .use_bias = false});
  const Model net(x, conv(x));
  std::vector<float> numbers(12);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
  conv->weights()[0]->set_value(Tensor::from(numbers, {2, 1, 2, 3}));
  const auto file = parsed(tflite_bytes(net));
  const auto& graph = *file->subgraphs[0];
  const auto& kernel = *graph.tensors[static_cast<size_t>(graph.operators.at(0)->inputs[1])];
  EXPECT_THAT(kernel.shape, testing::ElementsAre(3, 2, 1, 2));
  const auto& bytes = file->buffers[kernel.buffer]->data;
  std::vector<float> stored(12);
  std::memcpy(stored.data(), bytes.data(), bytes.size());
  EXPECT_THAT(stored, testing::ElementsAre(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11));
}

TEST(Tflite, RefusesByTheLayersName) {
  const auto refused = [](const Shape& shape, const LayerHandle& layer) {
    const Value x = Input(shape);
    const Model net(x, layer(x), "net");
    try {
      tflite_bytes(net);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  using testing::HasSubstr;
  EXPECT_THAT(refused({3, 2}, LSTM({.units = 2}, "memory")),
              HasSubstr("[memory] is a LSTM, which"));
  EXPECT_THAT(refused({3}, Dense({.units = 2, .activation = "mish"}, "soft")),
              HasSubstr("[soft] has the activation 'mish'"));
  EXPECT_THAT(refused({6, 6, 4}, Conv2D({.filters = 2, .kernel_size = 3, .groups = 2}, "two")),
              HasSubstr("[two] has groups"));
  EXPECT_THAT(
      refused({4, 6, 6},
              Conv2D({.filters = 2, .kernel_size = 3, .data_format = "channels_first"}, "first")),
      HasSubstr("[first] has channels first"));
  const Value x = Input({3});
  const Model net(x, Dense(2)(x) + 1.0, "net");
  EXPECT_TRUE(
      throws_with([&] { tflite_bytes(net); }, {"[net] has the op 'add' between its layers"}));
  const DataFolder folder;
  const std::string path = folder.write("x.tflite", "").string();
  EXPECT_TRUE(throws_with([&] { load_model(path); }, {".tflite files are written, not read"}));
}

}  // namespace
}  // namespace tutti
