// Quantized models in files: those that Keras saved, and ours, small and as good as before.
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/filesystem.h"
#include "core/base/seed.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/layers/rescaling.h"
#include "core/layers/reshaping.h"
#include "core/layers/resizing.h"
#include "core/model/model_file.h"
#include "core/model/sequential.h"
#include "io/datasets/shipped.h"
#include "io/onnx/export_onnx.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

const std::string kQuantized = TUTTI_SOURCE_DIR "/tests/io/keras/files/";

Tensor stored(const nlohmann::json& json, DType dtype) {
  return Tensor::from(json.at("values").get<std::vector<double>>(),
                      Shape(json.at("shape").get<std::vector<int64_t>>()))
      .to(dtype);
}

TEST(QuantizedFiles, OfKerasPredictAsThereAndAgainWhenSaved) {
  const auto all =
      nlohmann::json::parse(FileSystem::real().read(kQuantized + "quantized_expected.json"));
  const DataFolder folder;
  for (const auto& [name, wanted] : all.items()) {
    SCOPED_TRACE(name);
    const auto model = load_model(kQuantized + name + ".keras");
    const std::string again = (folder / (name + ".keras")).string(),
                      legacy = (folder / (name + ".h5")).string();
    model->save(again);
    model->save(legacy);
    const auto expected = stored(wanted.at("y"), DType::f32).to_vector<float>();
    for (const auto& one : {model, load_model(again), load_model(legacy)}) {
      EXPECT_TRUE(one->quantized());
      const auto got = one->predict(stored(wanted.at("x"), DType::i32)).to_vector<float>();
      ASSERT_EQ(got.size(), expected.size());
      for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5F);
    }
  }
}

LayerHandle input_of(const Shape& shape) {
  return {std::make_shared<InputLayer>(InputOptions{.shape = shape})};
}

// The digits as images of 28 x 28.
struct Digits {
  Tensor x, y, test_x, test_y;
};
Digits digits() {
  Sequential larger(
      {input_of({64}), Rescaling(1.0 / 16), Reshape({8, 8, 1}), Resizing(28, 28), Flatten()});
  const auto [training, test] = datasets::digits().split(0.2, 0);
  return {larger.predict(training.features()), training.labels(), larger.predict(test.features()),
          test.labels()};
}

TEST(QuantizedFiles, OfTheDigitsNetAreSmallAndAsGood) {
  set_random_seed(3);
  const Digits data = digits();
  Sequential model({input_of({784}), Dense(600, "relu"), Dense(500, "relu"), Dense(250, "relu"),
                    Dense(10, "softmax")});
  ASSERT_EQ(model.count_params(), 899260);
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(data.x, data.y, {.epochs = 4, .verbose = 0});
  const DataFolder folder;
  const auto at = [&](const std::string& name) { return (folder / name).string(); };
  const auto size = [&](const std::string& name) {
    return static_cast<double>(std::filesystem::file_size(folder / name));
  };
  const auto accuracy = [&](Model& of) {
    return *of.evaluate(data.test_x, data.test_y).find("accuracy");
  };
  model.save_weights(at("plain.safetensors"));
  model.compile(
      {.optimizer = "sgd", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.save(at("plain.keras"));
  const double before = accuracy(model);
  EXPECT_GT(before, 0.9);
  const std::pair<const char*, std::pair<double, double>> kinds[] = {{"int8", {0.27, 0.005}},
                                                                     {"int4", {0.15, 0.015}}};
  for (const auto& [kind, limits] : kinds) {
    SCOPED_TRACE(kind);
    const auto small = load_model(at("plain.keras"));
    small->quantize(kind);
    small->save(at("small.keras"));
    small->save_weights(at("small.safetensors"));
    EXPECT_LE(size("small.keras"), limits.first * size("plain.keras"));
    EXPECT_LE(size("small.safetensors"), limits.first * size("plain.safetensors"));
    EXPECT_NEAR(accuracy(*small), before, limits.second);
    const auto loaded = load_model(at("small.keras"));
    loaded->load_weights(at("small.safetensors"));
    const Tensor one = small->predict(data.test_x), other = loaded->predict(data.test_x);
    EXPECT_EQ(std::memcmp(one.raw(), other.raw(), one.bytes()), 0);
    EXPECT_TRUE(throws_with([&] { onnx_bytes(*small); }, {"is quantized, which is not exported"}));
  }
}

}  // namespace
}  // namespace tutti
