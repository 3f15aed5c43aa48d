// Models that Keras saved, read, predicted, trained on and saved again.
#include <nlohmann/json.hpp>

#include "core/base/filesystem.h"
#include "core/layers/attention.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/gru.h"
#include "core/layers/input_layer.h"
#include "core/layers/merging.h"
#include "core/layers/multi_head_attention.h"
#include "core/layers/prelu.h"
#include "core/layers/residual_branch.h"
#include "core/layers/spectral_normalization.h"
#include "core/model/model_file.h"
#include "core/model/sequential.h"
#include "core/model/weights_file.h"
#include "core/ops/elementwise.h"
#include "io/dataset.h"
#include "io/formats/hdf5.h"
#include "io/formats/zip_archive.h"
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

// An entry of a file that this model is saved as.
std::string saved_entry(const Model& model, const std::string& entry) {
  const DataFolder folder;
  const std::string path = (folder / "m.keras").string();
  model.save(path);
  return parse_zip(FileSystem::real().read(path), path).at(entry);
}

TEST(KerasFiles, NadamHasTheStateThatKerasHas) {
  Sequential model({Dense(5, "tanh"), Dense(2)});
  model.compile({.optimizer = "nadam", .loss = "mse"});
  model.train_on_batch(ramp({8, 3}), ramp({8, 2}));
  const auto weights = parse_hdf5(saved_entry(model, "model.weights.h5"), "m");
  // The updates, the rate, two moments of each weight, and the product of the schedule.
  EXPECT_EQ(weights.find("optimizer/vars")->children.size(), 2u + 2 * 4 + 1);
}

TEST(KerasFiles, StateInAnotherFormThanKerasIsLeftOutWithAWarning) {
  const Config several(Config::Map{{"optimizer_map", Config::Map{{"dense/kernel", "adam"}}},
                                   {"default_optimizer", "sgd"}});
  for (const Config& optimizer :
       {Config("Adafactor"), Config("Muon"), Config(Config::Map{{"MultiOptimizer", several}}),
        Config(Config::Map{{"LossScaleOptimizer", Config::Map{{"inner_optimizer", "sgd"}}}})}) {
    Sequential model({Dense(5, "tanh"), Dense(2)});
    model.compile({.optimizer = Ref<Optimizer>(optimizer), .loss = "mse"});
    model.train_on_batch(ramp({8, 3}), ramp({8, 2}));
    for (const char* ending : {".keras", ".h5"}) {
      const DataFolder folder;
      testing::internal::CaptureStderr();
      model.save((folder / ("m" + std::string(ending))).string());
      EXPECT_NE(testing::internal::GetCapturedStderr().find("begins with a new one"),
                std::string::npos)
          << to_string(optimizer) << " " << ending;
    }
  }
}

TEST(KerasFiles, HaveWhatKerasHasOfStatesAndSharedKernels) {
  const Value steps =
      std::make_shared<InputLayer>(InputOptions{.batch_shape = Shape{2, 4, 3}})->apply({})[0];
  const GRU going_on({.units = 5, .stateful = true}, "gru");
  Model model(steps, SpectralNormalization({.layer = Dense(2)}, "normalized")(going_on(steps)));
  const Tensor x = ramp({2, 4, 3});
  const auto y = model.predict(x).to_vector<float>();
  const DataFolder folder;
  for (const char* ending : {".keras", ".h5"}) {
    const std::string path = (folder / ("m" + std::string(ending))).string();
    model.save(path);
    EXPECT_EQ(load_model(path)->predict(x).to_vector<float>(), y) << ending;  // from no steps
  }
  const auto weights = parse_hdf5(saved_entry(model, "model.weights.h5"), "m");
  EXPECT_EQ(weights.find("layers/gru/vars/0"), nullptr);
  const auto config = nlohmann::json::parse(saved_entry(model, "config.json"));
  EXPECT_FALSE(config["config"]["layers"][1].contains("build_config"));  // of no number of rows
  EXPECT_EQ(weights.find("layers/spectral_normalization/vars/0")->data.shape(), (Shape{5, 2}));
  EXPECT_EQ(weights.find("layers/spectral_normalization/vars/1")->data.shape(), (Shape{1, 2}));
  EXPECT_EQ(weights.find("layers/spectral_normalization/layer/vars/0")->data.shape(),
            (Shape{5, 2}));
}

// Keras writes true where it is a layer's default, and passes the phase of the model over it.
TEST(KerasFiles, WhatACallSaysOfTrainingHoldsOnlyWhereItStopsIt) {
  const Value x = Input({6});
  const auto kept = [&](bool training) {
    Model model(x, LayerHandle(Dropout({.rate = 0.5}))->apply({x}, training)[0]);
    const DataFolder folder;
    const std::string path = (folder / "m.keras").string();
    model.save(path);
    return nlohmann::json::parse(saved_entry(
        *load_model(path), "config.json"))["config"]["layers"][1]["inbound_nodes"][0]["kwargs"];
  };
  EXPECT_EQ(kept(false), (nlohmann::json{{"training", false}}));
  EXPECT_EQ(kept(true), nlohmann::json::object());
}

// Keras writes x + y as an op of its own, beside the layers.
TEST(KerasFiles, SumsBetweenLayersAreReadAsLayersThatCanBeWritten) {
  const auto tensor = [](const char* layer) {
    return std::string(R"({"class_name": "__keras_tensor__", "config": {"shape": [null, 3],
        "dtype": "float32", "keras_history": [")") +
           layer + R"(", 0, 0]}})";
  };
  const std::string config = R"({"class_name": "Functional", "config": {"name": "f", "layers": [
      {"class_name": "InputLayer", "name": "i", "inbound_nodes": [],
       "config": {"batch_shape": [null, 3], "dtype": "float32", "name": "i"}},
      {"module": "keras.src.ops.numpy", "class_name": "Add", "name": "sum", "registered_name": "Add",
       "config": {"name": "sum"}, "inbound_nodes": [{"args": [)" +
                             tensor("i") + "," + tensor("i") + R"(], "kwargs": {}}]}],
      "input_layers": ["i", 0, 0], "output_layers": ["sum", 0, 0]}})";
  const DataFolder folder;
  const std::string path = (folder / "m.keras").string(), again = (folder / "n.keras").string();
  FileSystem::real().write_atomically(
      path, write_zip({{"config.json", config}, {"model.weights.h5", write_hdf5({})}}));
  const auto model = load_model(path);
  model->save(again);
  EXPECT_EQ(model->get_layer("sum")->class_name(), "Add");
  const auto y = ramp({2, 3}).to_vector<float>();
  const auto sums = load_model(again)->predict(ramp({2, 3})).to_vector<float>();
  for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(sums[i], 2 * y[i]);
}

TEST(KerasFiles, DotListsItsAxesAsKerasReadsThem) {
  const Value a = Input({4, 3}), b = Input({4, 5});
  Model model({a, b}, {Dot({.axes = {1}})({a, b})});
  const auto config = nlohmann::json::parse(saved_entry(model, "config.json"));
  EXPECT_EQ(config["config"]["layers"].back()["config"]["axes"], (nlohmann::json{1, 1}));
}

TEST(KerasFiles, ALayerThatStandsAsAnActivationStaysWhatItIs) {
  const PReLU slope;
  slope->set_trainable(false);
  slope->set_dtype(DTypePolicy("float64"));
  Sequential model({Dense({.units = 5, .activation = slope}), Dense(2)});
  const auto y = model.predict(ramp({8, 3})).to_vector<float>();
  const DataFolder folder;
  const std::string path = (folder / "m.keras").string();
  model.save(path);
  const auto loaded = load_model(path);
  EXPECT_EQ(loaded->predict(ramp({8, 3})).to_vector<float>(), y);
  const auto again = loaded->get_layer(size_t{0})->sublayers().at(0);
  EXPECT_EQ(again->name(), slope->name());
  EXPECT_FALSE(again->trainable());
  EXPECT_EQ(again->dtype(), DType::f64);
  // Keras makes its weights from this before it reads them.
  const auto config = nlohmann::json::parse(saved_entry(model, "config.json"));
  const auto& dense = config["config"]["layers"][1];
  EXPECT_EQ(dense["build_config"]["input_shape"], (nlohmann::json{nullptr, 3}));
  EXPECT_EQ(dense["config"]["activation"]["build_config"]["input_shape"],
            (nlohmann::json{nullptr, 5}));
}

TEST(KerasFiles, ShapesOfSeveralInputsAreKeptAsKerasNamesThem) {
  const Value a = Input({5, 4}), b = Input({6, 4});
  const Value attended = MultiHeadAttention({.num_heads = 2, .key_dim = 3}, "attention")({a, b});
  Model model({a, b}, {Concatenate({.axis = 1}, "joined")({attended, b})});
  const auto config = nlohmann::json::parse(saved_entry(model, "config.json"));
  for (const auto& layer : config["config"]["layers"]) {
    using Json = nlohmann::json;
    if (layer["name"] == "attention") {
      EXPECT_EQ(layer["build_config"]["shapes_dict"],
                (Json{{"query_shape", {nullptr, 5, 4}}, {"value_shape", {nullptr, 6, 4}}}));
    }
    if (layer["name"] == "joined") {
      EXPECT_EQ(layer["build_config"]["input_shape"], (Json{{nullptr, 5, 4}, {nullptr, 6, 4}}));
    }
  }
}

TEST(KerasFiles, LayersOutsideKerasLayersAreNamedByTheirModule) {
  Sequential model({LayerScale({.init_values = 0.5, .projection_dim = 3}),
                    StochasticDepth({.drop_path_rate = 0.25})});
  model.predict(ramp({8, 3}));
  const auto config = nlohmann::json::parse(saved_entry(model, "config.json"));
  const auto& scale = config["config"]["layers"][1];
  EXPECT_EQ(scale["module"], "keras.src.applications.convnext");
  EXPECT_EQ(scale["registered_name"], "LayerScale");
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
