// Models that Keras saved, read, predicted, trained on and saved again.
#include <nlohmann/json.hpp>

#include "core/base/filesystem.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/layers/merging.h"
#include "core/model/model_file.h"
#include "core/model/sequential.h"
#include "core/model/weights_file.h"
#include "core/ops/elementwise.h"
#include "io/dataset.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

const std::string kFiles = TUTTI_SOURCE_DIR "/tests/io/keras/files/";

const nlohmann::json& expected(const std::string& model) {
  static const auto all = nlohmann::json::parse(FileSystem::real().read(kFiles + "expected.json"));
  return all.at(model);
}

Tensor tensor_of(const nlohmann::json& json) {
  return Tensor::from(json.at("values").get<std::vector<float>>(),
                      Shape(json.at("shape").get<std::vector<int64_t>>()));
}

void expect_near(const Tensor& tensor, const nlohmann::json& wanted) {
  const auto values = tensor.to_vector<float>(), others = tensor_of(wanted).to_vector<float>();
  ASSERT_EQ(tensor.shape(), tensor_of(wanted).shape());
  for (size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], others[i], 2e-5) << i;
}

std::vector<Tensor> predictions(Model& model, const nlohmann::json& inputs) {
  NamedTensors columns;
  for (size_t i = 0; i < inputs.size(); ++i)
    columns.emplace_back(model.input_names()[i], tensor_of(inputs[i]));
  return model.predict(RowSourcePtr(Dataset(columns, {})), 4);
}

class KerasFile : public ::testing::TestWithParam<std::string> {
 protected:
  std::string name() const { return GetParam().substr(0, GetParam().find('.')); }
  std::string ending() const { return GetParam().substr(GetParam().find('.')); }
};

TEST_P(KerasFile, PredictsAsInKerasAndAgainWhenSaved) {
  const auto& wanted = expected(name());
  auto model = load_model(kFiles + GetParam());
  const DataFolder folder;
  const std::string again = (folder / ("again" + ending())).string();
  model->save(again);
  for (const auto& one : {model, load_model(again)}) {
    const auto outputs = predictions(*one, wanted.at("inputs"));
    ASSERT_EQ(outputs.size(), wanted.at("outputs").size());
    for (size_t i = 0; i < outputs.size(); ++i) expect_near(outputs[i], wanted.at("outputs")[i]);
  }
}

TEST_P(KerasFile, IsTheSameFileWhenLoadedAndSavedTwice) {
  const DataFolder folder;
  const std::string first = (folder / ("a" + ending())).string(),
                    second = (folder / ("b" + ending())).string();
  load_model(kFiles + GetParam())->save(first);
  load_model(first)->save(second);
  EXPECT_TRUE(FileSystem::real().read(first) == FileSystem::real().read(second));
}

INSTANTIATE_TEST_SUITE_P(All, KerasFile,
                         ::testing::Values("nested.keras", "nested.h5", "shared.keras", "shared.h5",
                                           "encoder_decoder.keras", "encoder_decoder.h5",
                                           "compiled.keras", "compiled.h5"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST(KerasFiles, FrozenLayersAndPhasesOfCallsStay) {
  const auto model = load_model(kFiles + "nested.keras");
  const auto inner = std::dynamic_pointer_cast<Sequential>(model->get_layer("inner"));
  ASSERT_TRUE(inner);  // what was a Sequential is one
  EXPECT_FALSE(inner->get_layer(size_t{0})->trainable());
  EXPECT_TRUE(inner->get_layer(size_t{1})->trainable());
}

TEST(KerasFiles, TrainingGoesOnWhereKerasStopped) {
  for (const char* file : {"compiled.keras", "compiled.h5"}) {
    auto model = load_model(kFiles + file);
    ASSERT_TRUE(model->compiled());
    EXPECT_EQ(model->optimizer().iterations(), 2) << file;
    EXPECT_FLOAT_EQ(static_cast<float>(model->optimizer().learning_rate()), 0.01F);
  }
}

Tensor ramp(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7) / 8 - 0.25F;
  return Tensor::from(values, shape);
}

// A step after save and load is the step that would have come.
void goes_on(const CompileOptions& options, const std::string& ending) {
  Sequential model({Dense(5, "tanh"), Dense(2)});
  const Tensor x = ramp({8, 3}), y = ramp({8, 2});
  model.compile(options);
  for (int i = 0; i < 3; ++i) model.train_on_batch(x, y);
  const DataFolder folder;
  const std::string path = (folder / ("m" + ending)).string();
  model.save(path);
  const auto loaded = load_model(path);
  model.train_on_batch(x, y);
  loaded->train_on_batch(x, y);
  EXPECT_EQ(model.digest(), loaded->digest()) << ending;
}

TEST(KerasFiles, TrainingGoesOnWithTheSameBits) {
  for (const char* ending : {".keras", ".h5"})
    for (const char* optimizer : {"sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta",
                                  "adamax", "ftrl", "lamb", "lion", "nadam", "ScheduleFreeAdamW"})
      goes_on({.optimizer = optimizer, .loss = "mse", .metrics = {"mae"}}, ending);
  const Config scheduled(Config::Map{
      {"SGD",
       Config::Map{{"momentum", 0.9},
                   {"learning_rate",
                    Config::Map{{"ExponentialDecay", Config::Map{{"initial_learning_rate", 0.125},
                                                                 {"decay_steps", 2},
                                                                 {"decay_rate", 0.5}}}}},
                   {"use_ema", true},
                   {"gradient_accumulation_steps", 2}}}});
  goes_on({.optimizer = Ref<Optimizer>(scheduled), .loss = "huber"}, ".keras");
}

TEST(KerasFiles, WeightsAloneGoIntoAModelOfTheSameLayers) {
  const DataFolder folder;
  Sequential from({Dense({.units = 5}), Dense(2)}), to({Dense({.units = 5}), Dense(2)});
  const Tensor x = ramp({8, 3});
  const auto y = from.predict(x).to_vector<float>();
  to.predict(x);
  for (const char* file : {"m.weights.h5", "m.h5", "n.safetensors"}) {
    const std::string path = (folder / file).string();
    if (path.ends_with("safetensors")) continue;  // whose names are those of the layers
    from.save_weights(path);
    to.load_weights(path);
    EXPECT_EQ(to.predict(x).to_vector<float>(), y) << file;
  }
}

class Residual final : public Model {
 protected:
  Value call(const Value& x) override { return x + layer_(x); }
  std::vector<std::shared_ptr<Layer>> layers() const override { return {layer_.pointer()}; }

 private:
  Dense layer_ = Dense(3);
};

TEST(KerasFiles, ASubclassSaysThatOnlyItsWeightsCanBeSaved) {
  Residual model;
  model.predict(ramp({4, 3}));
  EXPECT_TRUE(throws_with([&] { model.save("m.keras"); },
                          {"Residual", "only", "save_weights(\"model.weights.h5\")"}) ||
              throws_with([&] { model.save("m.keras"); }, {"Residual", "save_weights"}));
}

TEST(KerasFiles, AnOpBetweenLayersIsNamed) {
  const Value input = Input({3});
  const Value hidden = Dense(3)(input);
  Model model(input, Dense(2)(exp(hidden)));
  EXPECT_TRUE(throws_with([&] { model.save("m.keras"); }, {"exp", "use layers alone"}));
}

TEST(KerasFiles, ASavedModelFolderIsRefusedWithTheCommandThatConvertsIt) {
  const DataFolder folder;
  folder.write("saved_model.pb", "x");
  EXPECT_TRUE(throws_with([&] { load_model(folder.path().string()); },
                          {"SavedModel", "tf.keras.models.load_model"}));
}

}  // namespace
}  // namespace tutti
